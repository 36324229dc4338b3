import { randomUUID } from 'node:crypto';
import { communities, identity, topic, type Session } from '@mela/contracts';
import { Ear } from '@mela/testkit/clients';
import { Client } from 'pg';
import type { OpenGround } from './ground/open-ground.ts';
import type { History } from './history/history.ts';
import { randomOf } from './seed.ts';
import { askUntilAnswered, attemptOnce } from './people/asking.ts';

const WHO = 'probe';
const ADDRESS = '10.2.0.1';
const PATIENCE_MS = 3_000;
const LOOK_MS = 20;

/** Whether Mela works from end to end: a command goes through, its event takes effect elsewhere, and a new screen hears it. */
export class Probe {
  private asked = 0;
  /** What was wrong when it failed last. */
  missing = '';

  private constructor(
    private readonly ground: OpenGround,
    private readonly history: History,
    private readonly session: Session,
    private readonly communityId: string,
  ) {}

  static async open(ground: OpenGround, history: History): Promise<Probe> {
    const asking = { api: ground.api, history, random: randomOf(WHO), who: WHO, address: ADDRESS, over: () => false };
    const session = await askUntilAnswered(asking, identity.register, { email: `${WHO}@example.org`, password: `${WHO}s may be long`, name: WHO }, undefined);
    if (!session) throw new Error('The probe could not register, before anything was broken');
    const community = await askUntilAnswered(asking, communities.create, { name: 'Probes' }, callerOf(session));
    if (!community) throw new Error('The probe could not found a community, before anything was broken');
    return new Probe(ground, history, session, community.id);
  }

  async succeeds(): Promise<boolean> {
    let screen: Ear | undefined;
    try {
      screen = await Ear.connect(this.ground.realtime, this.session.accessToken);
      await screen.listen(topic.community(this.communityId));
      const postId = await this.post();
      const [heard, counted] = await Promise.all([screen.hears(({ d }) => d['postId'] === postId, PATIENCE_MS), this.isCounted(postId)]);
      if (!heard) this.missing = 'its screen heard nothing';
      else if (!counted) this.missing = 'the witness had not counted';
      return heard !== undefined && counted;
    } catch (fault) {
      this.missing = (fault as Error).message;
      return false;
    } finally {
      screen?.close();
    }
  }

  private async post(): Promise<string> {
    this.asked += 1;
    const attempt = { caller: callerOf(this.session), key: randomUUID(), attempt: 1, patienceMs: PATIENCE_MS };
    const outcome = await attemptOnce({ api: this.ground.api, history: this.history, who: WHO, address: ADDRESS }, communities.createPost, { communityId: this.communityId, body: `${WHO} ${this.asked}` }, attempt);
    if (outcome.kind === 'answered') return (outcome.body as { id: string }).id;
    throw new Error(outcome.kind === 'refused' ? `a post was answered ${outcome.status} ${outcome.code}` : `a post was not answered: ${outcome.why}`);
  }

  private async isCounted(postId: string): Promise<boolean> {
    const client = new Client({ connectionString: this.ground.databases['witness'], connectionTimeoutMillis: PATIENCE_MS });
    client.on('error', () => undefined);
    try {
      await client.connect();
      for (const until = performance.now() + PATIENCE_MS; performance.now() < until; ) {
        const { rowCount } = await client.query('SELECT FROM tally WHERE aggregate = $1', [postId]);
        if (rowCount === 1) return true;
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
      return false;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

const callerOf = ({ accessToken, person }: Session) => ({ token: accessToken, personId: person.id });
