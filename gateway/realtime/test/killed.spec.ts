import type { MelaRealtime, Options, Way } from '@mela/client';
import { topic } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { clientsIn, sighted, viewOf, ways, type View } from './client.fixture.ts';
import { openHarbour, pilot, type Gateway } from './harbour.fixture.ts';
import type { MortalGateway } from './mortal-gateway.fixture.ts';
import type { Passage } from './passage.fixture.ts';

const own = topic.person(pilot);

/** What a client came back to, and all that it has to be told in the end. */
interface Stage {
  readonly client: MelaRealtime;
  readonly passage: Passage;
  readonly views: readonly View[];
  readonly told: string[];
  /** Says so many things that concern the pilot and the north. */
  happens(count: number): Promise<void>;
  /** It has caught up with everything so far. */
  caughtUp(): Promise<void>;
}

describe('a gateway that is killed', () => {
  const world = openHarbour();
  const clients = clientsIn(world);

  /** A client that was told a little by one gateway, lost its connection, and missed much. */
  const missedMuch = async (first: Gateway, missed: number, options: Partial<Options>): Promise<Stage> => {
    const passage = await clients.passageTo(first);
    const { client } = clients.opened(passage.url, options);
    const views = [(await viewOf(client)).view, (await viewOf(client, own)).view];
    const told: string[] = [];
    const happens = async (count: number) => void told.push(...(await sighted(world, count, { pilotId: pilot })));
    const caughtUp = async () => {
      for (const view of views) await view.hears(told.at(-1)!);
    };
    await happens(3);
    await caughtUp();
    passage.admits = () => false;
    passage.cut();
    await happens(missed);
    return { client, passage, views, told, happens, caughtUp };
  };
  const comesTo = ({ passage }: Stage, gateway: Gateway) => {
    passage.leadTo(gateway.http);
    passage.admits = () => true;
  };
  const hearsAllOnce = async ({ views, told, happens, caughtUp }: Stage) => {
    await happens(3);
    await caughtUp();
    for (const view of views) {
      expect(view.ids).toEqual(told);
      expect(view.resyncs).toBe(1);
    }
  };
  /** What makes the protocol go on to the step where the process ends. */
  type Cue = (stage: Stage, process: MortalGateway) => Promise<unknown>;
  const nothing: Cue = async () => undefined;
  const somethingHappens: Cue = async ({ happens, caughtUp }, { died }) => {
    await caughtUp();
    for (let is = 'alive'; is === 'alive'; ) {
      await happens(1);
      is = await Promise.race([died.then(() => 'dead'), caughtUp().then(() => 'alive')]);
    }
  };
  const stops: Cue = async ({ caughtUp }, process) => {
    await caughtUp();
    await process.stop();
  };

  it.each<[string, Way, string, Cue]>([
    ['it has accepted the socket, before connect', 'websocket', 'realtime.accepted', nothing],
    ['it knows who connects, before connected', 'websocket', 'realtime.admitting', nothing],
    ['it has said connected, before any subd', 'websocket', 'realtime.admitted', nothing],
    ['the topic is granted, before subd', 'websocket', 'realtime.granted:2', nothing],
    ['it has said subd, before the past', 'websocket', 'realtime.subscribed:2', nothing],
    ['it is in the middle of the past', 'websocket', 'realtime.replaying:3', nothing],
    ['it has told the past, before live', 'websocket', 'realtime.replayed:2', nothing],
    ['it is live, between two frames', 'websocket', 'realtime.told:3', somethingHappens],
    ['it has the fresh token, before the answer to auth', 'websocket', 'realtime.refreshing', nothing],
    ['it has said good-bye to others', 'websocket', 'realtime.draining', stops],
    ['it has said good-bye, before the socket is closed', 'websocket', 'realtime.draining:2', stops],
    ['it has accepted a stream of events', 'sse', 'realtime.accepted', nothing],
    ['it is in the middle of the past on a stream of events', 'sse', 'realtime.replaying:2', nothing],
    ['a stream of events is live, between two messages', 'sse', 'realtime.told:3', somethingHappens],
    ['it has accepted a poll', 'poll', 'realtime.accepted', nothing],
    ['a poll is being answered', 'poll', 'realtime.replaying', nothing],
    ['a poll that waited is being answered', 'poll', 'realtime.told', somethingHappens],
  ])('when %s (%s, %s) costs its client nothing: another gateway tells it the rest', async (_step, way, point, cue) => {
    const survivor = await world.gateway();
    const { gateway: mortal, process } = await world.mortal({
      MELA_FAIL_POINT: point,
      // Much of the past at once would still be in the process when it dies.
      REALTIME_MAX_BUFFERED: '65536',
      // Longer than the token lasts: a fresh one is asked for at once.
      REALTIME_NOTICE_MS: point === 'realtime.refreshing' ? '600000' : '1000',
    });
    if (cue === stops) await mortal.screen(await world.token(pilot));
    const stage = await missedMuch(survivor, 200, { transports: [way], token: () => world.token(pilot, { seconds: 500 }) });
    comesTo(stage, mortal);
    await cue(stage, process);
    expect(await process.died).toBe('SIGKILL');
    stage.passage.leadTo(survivor.http);
    await hearsAllOnce(stage);
  }, 60_000);

  it('between the end of a subscription and the answer to unsub costs the other topics nothing', async () => {
    const survivor = await world.gateway();
    const { gateway: mortal, process } = await world.mortal({ MELA_FAIL_POINT: 'realtime.unsubscribing' });
    const stage = await missedMuch(survivor, 10, { transports: ['websocket'] });
    comesTo(stage, mortal);
    await stage.caughtUp();
    const { view: south, leave } = await viewOf(stage.client, 'dock:south');
    leave();
    expect(await process.died).toBe('SIGKILL');
    stage.passage.leadTo(survivor.http);
    await world.publish({ dock: 'south' });
    await hearsAllOnce(stage);
    expect(south.ids).toEqual([]);
  }, 60_000);

  it('in the middle of the past, and the next one, too, costs its client nothing: it goes on from where it got to, twice', async () => {
    const survivor = await world.gateway();
    const mortals = [await world.mortal({ MELA_FAIL_POINT: 'realtime.replaying:2' }), await world.mortal({ MELA_FAIL_POINT: 'realtime.replaying:3' })];
    const stage = await missedMuch(survivor, 400, { transports: ['websocket'] });
    for (const { gateway, process } of mortals) {
      comesTo(stage, gateway);
      expect(await process.died).toBe('SIGKILL');
    }
    stage.passage.leadTo(survivor.http);
    await hearsAllOnce(stage);
  }, 60_000);

  it.each(ways)('and started again tells five hundred missed events, in order, then what happens (%s)', async (way) => {
    const { gateway: before, process } = await world.mortal();
    const { client } = clients.opened(before.url, { transports: [way] });
    const { view } = await viewOf(client);
    const told = await sighted(world, 3);
    await view.hears(told.at(-1)!);
    expect(await process.kill()).toBe('SIGKILL');
    told.push(...(await sighted(world, 500)));
    // The same address, and nothing of what the process had in its memory.
    await world.mortal({ REALTIME_PORT: new URL(before.url).port });
    await view.hears(told.at(-1)!);
    told.push(...(await sighted(world, 3)));
    await view.hears(told.at(-1)!);
    expect(view.ids).toEqual(told);
    expect(view.resyncs).toBe(1);
  }, 60_000);
});
