import { Asker } from '@mela/bus';
import { id, isRefusal, realtime, type Finding, type Out } from '@mela/contracts';
import { expect } from 'vitest';
import type { Gateway, World } from './harbour.fixture.ts';
import type { Frame, Screen } from './screen.fixture.ts';

export const [asha, ravi] = [id(7), id(8)];
export const NORTH = 'dock:north';

/** The name under which the gateway knows a connection. */
export const cid = ({ frames }: { frames: readonly Frame[] }): string => String(frames.find(({ t }) => t === 'connected')!['cid']);

/** Why did Asha not get it? Ravi hears everything that happens in the north, so that it is known to have happened. */
export class Inquiry {
  gateway!: Gateway;
  witness!: Screen;

  constructor(private readonly world: World) {}

  async open(settings: Record<string, string> = {}): Promise<void> {
    this.gateway = await this.world.gateway(settings);
    this.witness = await this.screenOf(ravi);
    await this.witness.listen(NORTH);
  }

  async screenOf(personId = asha): Promise<Screen> {
    return this.gateway.screen(await this.world.token(personId));
  }

  /** Asha hears the north. */
  async listening(settings: Record<string, string> = {}): Promise<Screen> {
    await this.open(settings);
    const screen = await this.screenOf();
    await screen.listen(NORTH);
    return screen;
  }

  /** Resumes from a cursor, or subscribes, and is up to date. */
  async back(since?: unknown): Promise<{ screen: Screen; answer: Frame }> {
    const screen = await this.screenOf();
    const answer = await screen.ask({ t: 'sub', topic: NORTH, ...(since === undefined ? {} : { since: String(since) }) });
    await screen.until(({ t, topic }) => t === 'live' && topic === NORTH);
    return { screen, answer };
  }

  /** It has read what came so far, and the gateway knows. */
  shownAlive(screen: Screen): Promise<Frame> {
    return screen.ask({ t: 'unsub', topic: 'dock:elsewhere' });
  }

  async gone(screen: Screen): Promise<void> {
    screen.socket.close(1000);
    await screen.closed;
    await expect.poll(async () => (await this.gateway.metric('mela_realtime_connections'))['']).toBe(1);
  }

  /** An event of the north that this gateway has heard. */
  async happened(data: Parameters<World['publish']>[0] = {}): Promise<string> {
    const { id: eventId } = await this.world.publish(data);
    await this.witness.hears(eventId);
    return eventId;
  }

  async ask(eventId: string, personId = asha): Promise<Out<typeof realtime.why>> {
    // Patience ends before a gateway that fell silent is forgotten.
    const asker = new Asker({ nc: this.world.nc, mayAsk: new Set([realtime.why.id]), timeoutMs: 2_000 });
    const answer = await asker.ask(realtime.why, { personId, eventId });
    if (isRefusal(answer)) throw new Error(answer.code);
    return answer;
  }

  async findings(eventId: string): Promise<Finding[]> {
    return (await this.ask(eventId)).gateways.flatMap((account) => account.findings);
  }

  async only(eventId: string): Promise<Finding> {
    const all = await this.findings(eventId);
    expect(all, JSON.stringify(all)).toHaveLength(1);
    return all[0]!;
  }
}
