import { MelaRealtime, type Options, type RealtimeEvent, type State, type Way } from '@mela/client';
import { afterEach, expect } from 'vitest';
import { pilot, type World } from './harbour.fixture.ts';
import { Passage } from './passage.fixture.ts';

/** Somebody's screen, as an application would write it. */
export class View {
  readonly events: RealtimeEvent[] = [];
  resyncs = 0;
  readonly refusals: string[] = [];

  event(event: RealtimeEvent): void {
    this.events.push(event);
  }

  resync(): void {
    this.resyncs++;
  }

  refused(code: string): void {
    this.refusals.push(code);
  }

  get ids(): string[] {
    return this.events.map((event) => event.id);
  }

  hears(event: string): Promise<void> {
    return expect.poll(() => this.ids, { timeout: 15_000 }).toContain(event);
  }
}

export const ways: readonly Way[] = ['websocket', 'sse', 'poll'];
/** Nobody in a test has the time to wait as an application does. */
const swift = { openWithinMs: 2_000, slackMs: 300, climbAfterMs: 100, goodAfterMs: 100 };

/** The clients of a file's tests, of which none outlives its test. */
export function clientsIn(world: World): Clients {
  const clients = new Clients(world);
  afterEach(() => clients.leave());
  return clients;
}

/** People with the reference client, and the networks between them and the gateways. */
class Clients {
  private readonly clients: MelaRealtime[] = [];
  private readonly passages: Passage[] = [];

  constructor(private readonly world: World) {}

  opened(url: string, options: Partial<Options> = {}): { client: MelaRealtime; states: [State, Way | undefined][] } {
    const states: [State, Way | undefined][] = [];
    const client = new MelaRealtime({
      url, timing: swift, random: () => 0.01, token: () => this.world.token(pilot), changed: (...change) => states.push(change), ...options,
    });
    this.clients.push(client);
    client.connect();
    return { client, states };
  }

  async passageTo({ http }: { http: string }): Promise<Passage> {
    const passage = await Passage.to(http);
    this.passages.push(passage);
    return passage;
  }

  async leave(): Promise<void> {
    for (const client of this.clients.splice(0)) client.close();
    await Promise.all(this.passages.splice(0).map((passage) => passage.close()));
  }
}

/** Says so many things about ships, and answers their ids. */
export async function sighted(world: World, count: number, data: Parameters<World['publish']>[0] = {}): Promise<string[]> {
  const told: string[] = [];
  for (let n = 0; n < count; n++) told.push((await world.publish(data)).id);
  return told;
}

/** A view of one topic that has read its state. */
export async function viewOf(client: MelaRealtime, topic = 'dock:north'): Promise<{ view: View; leave: () => void }> {
  const view = new View();
  const leave = client.subscribe(topic, view);
  await expect.poll(() => view.resyncs + view.refusals.length, { timeout: 15_000 }).toBe(1);
  return { view, leave };
}
