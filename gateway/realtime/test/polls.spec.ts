import { Cursors } from '@mela/bus';
import { Unavailable } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { openHarbour, pilot, PilotDismissed, PilotPosted, SECRET, type Gateway } from './harbour.fixture.ts';
import { Page } from './page.fixture.ts';
import type { Frame } from './screen.fixture.ts';

interface Polled {
  readonly frames: Frame[];
  readonly next: string;
  readonly recovered: boolean;
}

describe('a long poll', () => {
  const world = openHarbour();

  const cursors = new Cursors(SECRET);
  const at = ({ http }: Gateway, query: Record<string, string>) => `${http}/realtime/poll?${new URLSearchParams(query)}`;
  const poll = async (gateway: Gateway, query: Record<string, string>, as = world.pilotsToken): Promise<Polled> => {
    const { status, body } = await Page.ask(at(gateway, { topics: 'dock:north', ...query }), { token: as });
    expect({ status, body }).toMatchObject({ status: 200 });
    return body as unknown as Polled;
  };
  const told = ({ frames }: Polled) => frames.filter(({ t }) => t === 'ev').map(({ topic, id: event }) => `${topic} ${event}`);
  /** Settled when a poll is in hand that listens to so many topics, the person's own among them. */
  const listenedTo = (gateway: Gateway, topics: number) => expect.poll(() => gateway.metric('mela_realtime_subscriptions'), { timeout: 5_000 }).toEqual({ '': topics });

  it('without a cursor answers at once, with the place of now', async () => {
    const gateway = await world.gateway();
    const { seq } = await world.publish();
    const answer = await poll(gateway, {});
    expect(answer).toEqual({ frames: [], next: expect.any(String), recovered: false, retryJitter: 500 });
    expect(cursors.open(answer.next)!.seq).toBeGreaterThanOrEqual(seq);
  });

  it('answers at once what happened since its cursor, in the order of the stream', async () => {
    const gateway = await world.gateway();
    const { next } = await poll(gateway, {});
    const all = [];
    for (let n = 0; n < 40; n++) all.push({ n, ...(await world.publish({ dock: n % 2 === 0 ? 'north' : 'south', berth: '1' })) });
    const answer = await poll(gateway, { since: next, topics: 'dock:north,berth:1' });
    expect(told(answer)).toEqual(all.flatMap(({ n, id: event }) => [...(n % 2 === 0 ? [`dock:north ${event}`] : []), `berth:1 ${event}`]));
    expect(answer.recovered).toBe(true);
    expect(cursors.open(answer.next)!.seq).toBe(all.at(-1)!.seq);
  });

  it('waits for the first event, and takes along what comes with it', async () => {
    const gateway = await world.gateway();
    const { next } = await poll(gateway, {});
    const answer = poll(gateway, { since: next, topics: 'dock:north,berth:1' });
    await listenedTo(gateway, 3);
    const event = await world.publish({ berth: '1' });
    expect(told(await answer)).toEqual([`dock:north ${event.id}`, `berth:1 ${event.id}`]);
  });

  it('answers with nothing when nothing happened, and its place moves on', async () => {
    const gateway = await world.gateway();
    const { next } = await poll(gateway, {});
    const { seq } = await world.publish({ dock: 'south' });
    const began = performance.now();
    const answer = await poll(gateway, { since: next, wait: '1' });
    expect(performance.now() - began).toBeGreaterThan(950);
    expect(answer).toMatchObject({ frames: [], recovered: true });
    expect(cursors.open(answer.next)!.seq).toBeGreaterThanOrEqual(seq);
  });

  it('follows poll after poll, from gateway to gateway, without losing or doubling anything', async () => {
    const gateways = [await world.gateway(), await world.gateway(), await world.gateway()];
    const topics = 'dock:north,dock:south,berth:1';
    let { next } = await poll(gateways[0]!, { topics });
    const expected: string[] = [];
    const publishing = (async () => {
      for (let n = 0; n < 300; n++) {
        const dock = n % 3 === 0 ? 'south' : 'north';
        const { id: event } = await world.publish({ dock, berth: '1' });
        expected.push(`dock:${dock} ${event}`, `berth:1 ${event}`);
      }
    })();
    const heard: string[] = [];
    for (let n = 0; heard.length < 600; n++) {
      const answer = await poll(gateways[n % 3]!, { topics, since: next, wait: '5' });
      expect(answer.recovered).toBe(true);
      heard.push(...told(answer));
      next = answer.next;
    }
    await publishing;
    expect(heard).toEqual(expected);
  });

  it('answers much in several answers', async () => {
    const gateway = await world.gateway();
    let { next } = await poll(gateway, {});
    const expected: string[] = [];
    for (let n = 0; n < 100; n++) expected.push(`dock:north ${(await world.publish({ note: 'x'.repeat(20_000) })).id}`);
    const heard: string[] = [];
    let answers = 0;
    for (; heard.length < 100; answers++) {
      const answer = await poll(gateway, { since: next });
      heard.push(...told(answer));
      next = answer.next;
    }
    expect(heard).toEqual(expected);
    expect(answers).toBeGreaterThan(3);
  });

  it('says at once that a cursor is too old, and where to begin anew', async () => {
    const gateway = await world.gateway();
    for (const since of ['nonsense', cursors.sign({ epoch: 'another', seq: 1 })]) {
      const answer = await poll(gateway, { since });
      expect(answer).toEqual({ frames: [], next: expect.any(String), recovered: false, retryJitter: 500 });
      const event = await world.publish();
      expect(told(await poll(gateway, { since: answer.next }))).toEqual([`dock:north ${event.id}`]);
    }
  });

  it('says of which topic alone something is left out, because the right to it began later', async () => {
    const gateway = await world.gateway();
    const { next } = await poll(gateway, {});
    const before = await world.publish({ dock: 'north' });
    const south = await world.publish({ dock: 'south' });
    const posted = await world.say(PilotPosted, { pilotId: pilot, dock: 'north' });
    const after = await world.publish({ dock: 'north' });
    const answer = await poll(gateway, { since: next, topics: 'dock:north,dock:south' });
    expect(answer.recovered).toBe(true);
    expect(answer.frames[0]).toEqual({ t: 'subd', topic: 'dock:north', recovered: false, to: expect.any(String) });
    expect(cursors.open(String(answer.frames[0]!['to']))!.seq).toBe(posted.seq - 1);
    expect(told(answer)).toEqual([`dock:south ${south.id}`, `person:${pilot} ${posted.id}`, `dock:north ${posted.id}`, `dock:north ${after.id}`]);
    expect(JSON.stringify(answer)).not.toContain(before.id);
    expect((await poll(gateway, { since: answer.next, topics: 'dock:north,dock:south', wait: '0' })).frames).toEqual([]);
  });

  it('names at once the topics that may not be heard, and asks for every right each time', async () => {
    const gateway = await world.gateway();
    const { next } = await poll(gateway, {});
    const answer = await poll(gateway, { since: next, topics: 'dock:closed,dock:north' });
    expect(answer.frames).toEqual([{ t: 'err', topic: 'dock:closed', code: 'topic.forbidden', message: expect.any(String), retry: false }]);
    expect(world.asked.map(({ topic }) => topic)).toEqual(['dock:north', 'dock:closed', 'dock:north']);
  });

  it('ends with a right that is taken away, after the event that took it', async () => {
    const gateway = await world.gateway();
    const { next } = await poll(gateway, {});
    const answer = poll(gateway, { since: next });
    // Answered by the harbour before it says anything else.
    await expect.poll(() => world.asked.length, { timeout: 5_000 }).toBe(2);
    const dismissed = await world.say(PilotDismissed, { pilotId: pilot, dock: 'north' });
    const { frames } = await answer;
    expect(frames).toEqual(expect.arrayContaining([expect.objectContaining({ t: 'ev', topic: 'dock:north', id: dismissed.id }), { t: 'unsub', topic: 'dock:north', code: 'topic.forbidden' }]));
  });

  it('while an owner is away says so, and nothing is passed over until it is back', async () => {
    const gateway = await world.gateway();
    const topics = 'dock:north,dock:south';
    const { next } = await poll(gateway, { topics });
    world.master = ({ topic }) => (topic === 'dock:north' ? Unavailable() : undefined);
    const all = [await world.publish(), await world.publish({ dock: 'south' }), await world.publish()];
    const answer = await poll(gateway, { since: next, topics });
    expect(answer).toEqual({ frames: [{ t: 'err', topic: 'dock:north', code: 'service.unavailable', message: expect.any(String), retry: true }], next, recovered: true, retryJitter: 500 });
    const without = await poll(gateway, { since: next, topics: 'dock:south' });
    expect(told(without)).toEqual([`dock:south ${all[1]!.id}`]);
    world.master = () => undefined;
    const [north, south] = ['dock:north', 'dock:south'];
    expect(told(await poll(gateway, { since: answer.next, topics }))).toEqual([`${north} ${all[0]!.id}`, `${south} ${all[1]!.id}`, `${north} ${all[2]!.id}`]);
  });

  it('says that its place is lost also while an owner is away', async () => {
    const gateway = await world.gateway();
    world.master = () => Unavailable();
    const answer = await poll(gateway, { since: 'from-elsewhere' });
    expect(answer).toEqual({ frames: [expect.objectContaining({ t: 'err', topic: 'dock:north', retry: true })], next: expect.not.stringContaining('from-elsewhere'), recovered: false, retryJitter: 500 });
  });

  it('begins now while an owner is away, where it has no cursor, and then nothing is passed over', async () => {
    const gateway = await world.gateway();
    world.master = () => Unavailable();
    const answer = await poll(gateway, {});
    expect(answer).toEqual({ frames: [expect.objectContaining({ t: 'err', topic: 'dock:north', retry: true })], next: expect.any(String), recovered: false, retryJitter: 500 });
    const { id: event } = await world.publish();
    world.master = () => undefined;
    expect(told(await poll(gateway, { since: answer.next }))).toEqual([`dock:north ${event}`]);
  });

  it('goes on from where a right ended, though it began again at once: what lies between is read anew', async () => {
    const gateway = await world.gateway();
    const { next } = await poll(gateway, {});
    const answer = poll(gateway, { since: next });
    await expect.poll(() => world.asked.length, { timeout: 5_000 }).toBe(2);
    const there = { pilotId: pilot, dock: 'north' };
    const [dismissed, , posted, after] = await Promise.all([world.say(PilotDismissed, there), world.publish(), world.say(PilotPosted, there), world.publish()]);
    const ended = await answer;
    expect(ended.frames.at(-1)).toEqual({ t: 'unsub', topic: 'dock:north', code: 'topic.forbidden' });
    expect(cursors.open(ended.next)!.seq).toBe(dismissed.seq);
    const again = await poll(gateway, { since: ended.next });
    expect(again.frames[0]).toMatchObject({ t: 'subd', topic: 'dock:north', recovered: false });
    expect(told(again)).toEqual([`person:${pilot} ${posted.id}`, `dock:north ${posted.id}`, `dock:north ${after.id}`]);
  });

  it('ends with its token', async () => {
    const gateway = await world.gateway();
    const short = await world.token(pilot, { seconds: 2 });
    const { next } = await poll(gateway, {}, short);
    const answer = await poll(gateway, { since: next }, short);
    expect(answer).toMatchObject({ frames: [{ t: 'bye', code: 4401 }], recovered: true });
  });

  it('is answered when the gateway stops, and goes on at another', async () => {
    const [first, second] = [await world.gateway(), await world.gateway()];
    const { next } = await poll(first, {});
    const answer = poll(first, { since: next });
    await listenedTo(first, 2);
    const stopped = first.process.stop();
    const farewell = await answer;
    expect(farewell).toMatchObject({ frames: [{ t: 'bye', code: 4001, after: [0, 30_000] }], recovered: true });
    await stopped;
    const event = await world.publish();
    expect(told(await poll(second, { since: farewell.next }))).toEqual([`dock:north ${event.id}`]);
  });

  it('leaves nothing behind', async () => {
    const gateway = await world.gateway();
    const { next } = await poll(gateway, {});
    await poll(gateway, { since: next, wait: '0' });
    const gone = new AbortController();
    const left = fetch(at(gateway, { topics: 'dock:north', since: next }), { headers: { authorization: `Bearer ${world.pilotsToken}` }, signal: gone.signal });
    await expect.poll(() => gateway.metric('mela_realtime_connections'), { timeout: 5_000 }).toEqual({ '': 1 });
    gone.abort();
    await expect(left).rejects.toThrow();
    await expect.poll(() => gateway.metric('mela_realtime_connections'), { timeout: 5_000 }).toEqual({ '': 0 });
    expect(await gateway.metric('mela_realtime_subscriptions')).toEqual({ '': 0 });
  });

  it.each([['31'], ['-1'], ['soon'], ['1.5']])('may not wait for %s seconds', async (wait) => {
    const answer = await Page.ask(at(await world.gateway(), { wait }), { token: world.pilotsToken });
    expect(answer).toMatchObject({ status: 400, body: { code: 'request.invalid' } });
  });
});
