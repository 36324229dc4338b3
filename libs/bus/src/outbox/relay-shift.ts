import { reach } from '../fail-points.ts';
import { Chains, type OutboxRow } from './chains.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { AckedPublisher } from './publisher.ts';
import type { RelayHousekeeping } from './relay-housekeeping.ts';
import type { RelayMetrics } from './relay-metrics.ts';
import type { RelaySession } from './relay-session.ts';
import type { Sending } from './sending.ts';
import { SentHistory } from './sent-history.ts';
import type { Awakening, Wakeable } from './wakeable.ts';

export interface ShiftParts {
  readonly publisher: AckedPublisher;
  readonly checkpoint: Checkpoint;
  readonly sending: Sending;
  readonly housekeeping: RelayHousekeeping;
  readonly metrics: RelayMetrics;
  readonly wakeable: Wakeable;
}

const READ_AT_MOST = 2_000;
/** Rows read and not yet moved: enough to read the next ones while these are on their way. */
const WINDOW = 4_000;
/** About as long as an event takes to the screens of everybody who hears it: what leaves the outbox meanwhile is in its way. */
const ON_ITS_WAY_MS = 5;
/** Nothing comes at the moment. */
const QUIET_MS = 20;
/** Then rows that were sent leave the outbox: so many at once, or after so long, between two events; others when it is quiet. */
const MOVED_BETWEEN = { rows: 25, afterMs: 250 };
/** And so many, or one that was sent so long ago, whatever else there is to do. */
const MOVED_AT_LATEST = { rows: 100, afterMs: 1_000 };
const POLL_MS = { soonest: 20, latest: 250 };

/** A relay's work for as long as one database session lasts: reads, sends, moves, and checks the stream whenever it must. */
export class RelayShift {
  private readonly chains: Chains;
  /** The last look found all there was: only news asks for another. */
  private sawAll = false;
  /** And all of it is on its way. */
  private isUpToDate = false;
  private lookedAt = 0;

  constructor(
    private readonly session: RelaySession,
    private readonly parts: ShiftParts,
  ) {
    const { sending, wakeable } = parts;
    this.chains = new Chains((row, settle) => sending.send(row, settle), {
      acknowledged: () => wakeable.nudge(),
      failed: (row, fault, attempts) => {
        this.sawAll = this.isUpToDate = false;
        sending.complain(row, fault, attempts);
      },
    });
  }

  /** Rows that were committed a moment ago: they are on their way without a look. Answers false where one has to be looked for. */
  take(rows: readonly OutboxRow[]): boolean {
    if (!this.isUpToDate || this.session.broken) return false;
    return rows.map((row) => this.mayRead && this.session.shards.includes(row.shard) && this.chains.follow(row)).every(Boolean);
  }

  /** Throws when the session is broken. */
  async work(isOver: () => boolean): Promise<void> {
    const { checkpoint, housekeeping, wakeable } = this.parts;
    let poll = POLL_MS.soonest;
    let rows: readonly OutboxRow[] = [];
    let woke: Awakening = 'silence';
    housekeeping.begin();
    try {
      while (!isOver()) {
        if (this.session.broken) throw this.session.broken;
        if (rows.length === 0) await this.linger();
        this.sawAll = this.isUpToDate = checkpoint.open && this.chains.launch(rows) && this.sawAll;
        const moved = this.mayMoveLater(rows) ? 0 : await this.move();
        // Whoever is to be told of an event does not wait until the house is in order, unless that has waited long.
        if ((woke !== 'news' && this.chains.load === 0) || housekeeping.isLate) await housekeeping.tidy(this.session);
        const checked = await this.check();
        // What is handed over is no news: however much of it there is, there may be rows of which nobody told.
        const isLookDue = performance.now() - this.lookedAt >= POLL_MS.latest;
        rows = woke !== 'nudge' || checked || wakeable.hasNews || !this.sawAll || isLookDue ? await this.read() : [];
        poll = moved + rows.length > 0 ? POLL_MS.soonest : Math.min(poll * 2, POLL_MS.latest);
        woke = moved + rows.length === 0 && !checked && !this.chains.hasAcknowledged ? await wakeable.wait(poll) : 'nudge';
      }
      await this.finish();
    } finally {
      this.chains.abandon();
    }
  }

  /** Whoever is told of an event comes before its row, which leaves the outbox when they have had a moment, together with others or when it is quiet. */
  private async linger(): Promise<void> {
    if (!this.sawAll || !this.chains.hasAcknowledged) return;
    if ((await this.parts.wakeable.lull(ON_ITS_WAY_MS)) && !this.areDue(MOVED_BETWEEN)) await this.parts.wakeable.lull(QUIET_MS);
  }

  /** While there are events to tell. */
  private mayMoveLater(launched: readonly OutboxRow[]): boolean {
    return this.mayRead && (launched.length > 0 || this.parts.wakeable.hasNews) && !this.areDue(MOVED_AT_LATEST);
  }

  private areDue({ rows, afterMs }: { rows: number; afterMs: number }): boolean {
    return this.chains.sent.size >= rows || this.chains.waited(afterMs);
  }

  private async move(): Promise<number> {
    if (!this.chains.hasAcknowledged) return 0;
    const rows = this.chains.takeAcknowledged();
    reach('relay.moving');
    await this.session.move(rows, this.parts.checkpoint.epoch);
    this.chains.moved(rows);
    this.parts.metrics.published.inc(rows.length);
    return rows.length;
  }

  /**
   * Only once everything that was acknowledged is moved: so each row of `outbox_sent` carries a sequence of the stream as
   * it was. What was read before is read again.
   */
  private async check(): Promise<boolean> {
    const { publisher, checkpoint } = this.parts;
    const unfinished = publisher.inFlight > 0 || this.chains.hasAcknowledged;
    if (checkpoint.open || !publisher.connected || unfinished || this.session.shards.length === 0) return false;
    // What was launched before may be put back, and then comes first.
    this.isUpToDate = false;
    this.chains.forget();
    const again = await checkpoint.pass(new SentHistory(this.session));
    if (this.session.broken) throw this.session.broken;
    return again;
  }

  private get mayRead(): boolean {
    const { publisher, checkpoint } = this.parts;
    return checkpoint.open && publisher.connected && this.session.shards.length > 0 && this.chains.load <= WINDOW - READ_AT_MOST;
  }

  private async read(): Promise<readonly OutboxRow[]> {
    if (!this.mayRead) return [];
    this.parts.wakeable.forget();
    const busy = this.chains.busy();
    // When the stream takes nothing, reading on would only fill the memory with what has to wait.
    if (busy.length > WINDOW) return [];
    this.lookedAt = performance.now();
    // What fails meanwhile may not be among them.
    this.sawAll = busy.length === 0;
    const rows = await this.session.pending({ busy, sent: this.chains.sent }, READ_AT_MOST);
    this.sawAll &&= rows.length < READ_AT_MOST;
    return rows;
  }

  private async finish(): Promise<void> {
    this.chains.close();
    while (this.parts.publisher.inFlight > 0 || this.chains.hasAcknowledged)
      if ((await this.move()) === 0) await this.parts.wakeable.wait(POLL_MS.latest);
  }
}
