import type { NatsConnection } from '@nats-io/transport-node';
import { continueTrace, within } from '../context.ts';
import type { Log } from '../log.ts';
import { Wakeable } from '../outbox/wakeable.ts';
import type { Sql, Transactions } from '../sql.ts';
import { watchConnectivity } from '../stream/connectivity.ts';
import { StreamReader, type StreamState } from '../stream/stream-reader.ts';
import { FORGOT_SUBJECT } from '../subjects.ts';
import type { Bootstrap } from './consumer-definition.ts';
import { LOST_ITS_END, whyBuild, type ReplicaState } from './replica-due.ts';
import { ReplicaRecord } from './replica-record.ts';

interface ReplicaParts<Tx extends Sql> {
  nc: NatsConnection;
  db: Transactions<Tx>;
  log: Log;
  /** Up to which sequence everything was applied. Throws while a durable is not there: what is not followed is not built. */
  reached: () => Promise<number>;
}

/** How often a whole replica is held against the stream, and how often whoever waits for another process looks again. */
const LOOK_MS = { whole: 10_000, elsewhere: 500 };
const AGAIN_MS = { soonest: 250, latest: 5_000 };
const PAGE_MS = 5_000;

/**
 * Sees to it that a replica is whole: where the stream cannot make it so, it is built from its owner, page by page, while
 * the consumer follows. Each page commits with the place where the next begins, so whoever comes after a crash goes on there.
 */
export class Replica<Tx extends Sql> {
  private readonly record: ReplicaRecord;
  private readonly stream: StreamReader;
  private readonly name: string;
  private readonly wakeable = new Wakeable();
  private running: Promise<void> | undefined;
  private unwatch: (() => void) | undefined;
  private stopping = false;
  private doubts = 1;
  private doubtsHeard = 0;
  private whole = false;
  /** The build whose stream was seen to end before what was heard. */
  private cutShort: number | undefined;
  private items = 0;
  private failures = 0;
  private trouble = '';

  constructor(
    private readonly as: string,
    private readonly bootstrap: Bootstrap<Tx>,
    private readonly parts: ReplicaParts<Tx>,
  ) {
    this.record = new ReplicaRecord(as);
    this.stream = new StreamReader(parts.nc);
    this.name = as.slice(as.indexOf('.') + 1);
  }

  /** Why nobody should rely on it now. */
  get wanting(): string | undefined {
    if (this.whole && !this.doubted) return undefined;
    const said = this.doubted
      ? `${this.name} is held against the stream`
      : `building ${this.name} from ${this.bootstrap.from}: ${this.items.toLocaleString('en-GB')} so far`;
    return said + this.trouble;
  }

  /** The stream may be another one now: until that is known, nothing is relied on. */
  doubt(): void {
    this.doubts += 1;
    this.wakeable.wake();
  }

  /** Returns when it is known how things stand, or that this cannot be known yet. An owner that is away is waited for later. */
  async start(): Promise<void> {
    this.stopping = false;
    this.unwatch = watchConnectivity(this.parts.nc, () => this.doubt());
    await this.guarded(() => this.examine());
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.unwatch?.();
    this.wakeable.wake();
    await this.running;
  }

  private get doubted(): boolean {
    return this.doubtsHeard !== this.doubts;
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      const pause = await this.guarded(async () => {
        if (this.whole || this.doubted) await this.examine();
        if (this.whole) return LOOK_MS.whole;
        return (await this.buildOn()) ? 0 : LOOK_MS.elsewhere;
      });
      if (pause > 0 && !this.stopping) await this.wakeable.wait(pause);
    }
  }

  /** Answers how long to wait. */
  private async guarded(work: () => Promise<number | void>): Promise<number> {
    try {
      const pause = await work();
      this.failures = 0;
      this.trouble = '';
      return pause ?? 0;
    } catch (fault) {
      const { message } = fault as Error;
      if (this.failures === 0) this.parts.log.warn({ consumer: this.as, fault: message }, 'The replica cannot go on and tries again');
      this.trouble = ` (${message})`;
      return Math.min(AGAIN_MS.soonest * 2 ** Math.min(this.failures++, 10), AGAIN_MS.latest);
    }
  }

  private async examine(): Promise<void> {
    const { db, log, reached: ask } = this.parts;
    const heard = this.doubts;
    // In this order: what another process notes meanwhile must not look like a stream that lost its end, and what ages out
    // unheard is behind the stream's first sequence, or a loss told of, before it could be noted as heard.
    const known = await this.record.read(db);
    const reached = await ask();
    const stream = await this.stream.state();
    const forgotAt = await this.stream.lastOf(FORGOT_SUBJECT);
    if (known?.epoch === stream.epoch && reached > stream.lastSeq) this.waitForTheEnd(known, stream);
    const why = this.cutShort !== undefined && this.cutShort === known?.build ? LOST_ITS_END : whyBuild(known, stream, forgotAt);
    if (why !== undefined && (await this.record.begin(db, known, stream)))
      log.info({ consumer: this.as, from: this.bootstrap.from, why }, 'A replica is built from its owner');
    if (why === undefined && reached > known!.followedTo) await this.record.followed(db, known!, reached);
    const now = why === undefined ? known : await this.record.read(db);
    this.whole = now?.complete ?? false;
    this.items = now?.items ?? 0;
    this.doubtsHeard = heard;
  }

  /**
   * The stream lost its end: until relays have carried its sequence on, what is stored is not delivered here, and what was
   * built now would have a hole at once. It is built afterwards.
   */
  private waitForTheEnd({ build }: ReplicaState, { lastSeq }: StreamState): never {
    this.cutShort = build;
    if (!this.doubted) this.doubts += 1;
    throw new Error(`the stream ends at ${lastSeq.toLocaleString('en-GB')}, before what was heard, and is carried on first`);
  }

  /** One page, by whichever process is first: false where it is another one. */
  private async buildOn(): Promise<boolean> {
    const built = await this.parts.db.transaction(async (tx) => {
      const mine = await this.record.claim(tx);
      const known = await this.record.read(tx);
      this.items = known?.items ?? 0;
      this.whole = known?.complete ?? false;
      if (!known || !mine || known.complete) return undefined;
      // In nobody's name, and not for longer than a stop may take.
      const context = { traceparent: continueTrace(undefined), deadline: Date.now() + PAGE_MS };
      const page = await within(context, () => this.bootstrap.page(known.cursor));
      await this.bootstrap.apply(page.items, tx);
      return { ...(await this.record.advance(tx, known, page)), last: page.next === null };
    });
    if (!built) return this.whole;
    const { items, seconds, last } = built;
    this.items = items;
    if (last) this.parts.log.info({ consumer: this.as, from: this.bootstrap.from, items, seconds }, 'The replica was built');
    return true;
  }
}
