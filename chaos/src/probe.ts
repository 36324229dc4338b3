import { identity, type Ask, type Operation, type Out, type Session, type TopicName } from '@mela/contracts';
import type { Prober, Workload } from '@mela/testkit/chaos';
import type { RealtimeEvent } from '@mela/client';
import { randomUUID } from 'node:crypto';
import type { OpenGround } from './ground/open-ground.ts';
import type { History } from './history/history.ts';
import { attemptOnce } from './people/asking.ts';
import type { Post } from './people/post.ts';
import { Screen } from './people/screen.ts';
import { inSession } from './session.ts';

const PATIENCE_MS = { usual: 3_000, most: 10_000 };
const WARM_WITHIN_MS = 30_000;
const LOOK_MS = 20;

/** Whether Mela works from end to end: what each service is for happens, the witness counts it, and a new screen hears it. */
export class Probe {
  private asked = 0;
  private patienceMs = PATIENCE_MS.most;
  /** What was wrong when it failed last. */
  missing = '';

  constructor(
    private readonly ground: Pick<OpenGround, 'api' | 'realtime' | 'databases'>,
    private readonly history: History,
    private readonly workloads: readonly Workload[],
    private readonly post: Pick<Post, 'comes'>,
  ) {}

  /**
   * While nothing is broken yet, and everybody is at work: on a busy machine each step may take as long as all of them took then.
   * What has just been started may fail while it is cold.
   */
  async begin(): Promise<void> {
    const first = performance.now();
    let began = first;
    while (!(await this.succeeds())) {
      if (performance.now() - first > WARM_WITHIN_MS) throw new Error(`Before anything was broken, ${this.missing}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      began = performance.now();
    }
    this.patienceMs = Math.ceil(Math.min(Math.max(PATIENCE_MS.usual, performance.now() - began), PATIENCE_MS.most));
  }

  async succeeds(): Promise<boolean> {
    let prober: ProbingPerson | undefined;
    try {
      // Somebody new each time: no token grows old, and nothing rests on what an earlier one found.
      prober = await ProbingPerson.register(++this.asked, this.ground, this.history, { post: this.post, patienceMs: this.patienceMs });
      const changed = await Promise.all(this.workloads.map((workload) => workload.probe(prober!)));
      await this.areCounted(new Set(changed.flat()));
      return true;
    } catch (fault) {
      this.missing = (fault as Error).message;
      return false;
    } finally {
      prober?.leave();
    }
  }

  private async areCounted(aggregates: ReadonlySet<string>): Promise<void> {
    await inSession({ url: this.ground.databases['witness']!, schema: 'witness', connectWithinMs: this.patienceMs }, async (client) => {
      const until = performance.now() + this.patienceMs;
      for (;;) {
        const { rows } = await client.query<{ aggregate: string }>('SELECT aggregate FROM tally WHERE aggregate = ANY ($1)', [[...aggregates]]);
        if (rows.length === aggregates.size) return;
        if (performance.now() > until) throw new Error(`the witness had counted ${rows.length} of ${aggregates.size} changes`);
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    });
  }
}

interface Means {
  readonly post: Pick<Post, 'comes'>;
  readonly patienceMs: number;
}

class ProbingPerson implements Prober {
  session!: Session;
  private readonly told: RealtimeEvent[] = [];
  private screen!: Screen;

  private constructor(
    readonly name: string,
    private readonly email: string,
    private readonly where: { readonly api: string; readonly history: History; readonly who: string; readonly address: string },
    private readonly means: Means,
  ) {}

  static async register(turn: number, { api, realtime }: Pick<OpenGround, 'api' | 'realtime'>, history: History, means: Means): Promise<ProbingPerson> {
    const name = `probe-${turn}`;
    const email = `${name}@example.org`;
    // From an address of their own: nobody is limited by how often others were tried.
    const person = new ProbingPerson(name, email, { api, history, who: name, address: `10.2.${(turn >> 8) & 255}.${turn & 255}` }, means);
    person.session = await person.asks(identity.register, { email, password: `${name} may be long`, name });
    const { session } = person;
    // What the probe hears is its own business, and no part of the history.
    const unwritten = { now: history.now, record: () => undefined };
    person.screen = new Screen({
      realtime, history: unwritten, whose: { who: name, personId: session.person.id, screen: -turn }, ways: ['websocket'],
      token: () => session.accessToken, random: Math.random, heard: (event) => person.told.push(event),
    });
    return person;
  }

  async asks<Op extends Operation>(operation: Op, input: Ask<Op>): Promise<Out<Op>> {
    const { outcome, body } = await attemptOnce(this.where, operation, input, { session: this.session, key: randomUUID(), attempt: 1, patienceMs: this.means.patienceMs });
    if (outcome.kind === 'answered') return body as Out<Op>;
    throw new Error(`${operation.id} ${outcome.kind === 'refused' ? `was answered ${outcome.status} ${outcome.code}` : `was not answered: ${outcome.why}`}`);
  }

  async listens(topic: TopicName): Promise<void> {
    this.screen.follow(topic);
    const standing = this.screen.topics.get(topic)!;
    if (!(await this.comes(() => standing.isLive || standing.refused !== undefined)) || standing.refused !== undefined) throw new Error(`${topic} ${standing.refused === undefined ? 'was not to be had' : `was refused: ${standing.refused}`}`);
  }

  async hears(id: string): Promise<void> {
    if (!(await this.comes(() => this.told.some(({ data }) => Object.values(data).includes(id))))) throw new Error(`a screen heard nothing of ${id}`);
  }

  async receives(): Promise<void> {
    if (!(await this.means.post.comes(this.email, this.means.patienceMs))) throw new Error('no mail came');
  }

  leave(): void {
    this.screen.close();
  }

  private async comes(look: () => boolean): Promise<boolean> {
    const until = performance.now() + this.means.patienceMs;
    while (!look()) {
      if (performance.now() > until) return false;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return true;
  }
}
