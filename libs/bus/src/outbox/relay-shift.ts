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
/** About as long as an event takes to the screens of everybody who hears it. */
const MOVE_AFTER_MS = 3;
/** So many rows that were sent, or one that was sent so long ago, leave the outbox whatever else there is to do. */
const MOVE_AT_LEAST = 100;
const MOVE_AT_LATEST_MS = 100;
const POLL_MS = { soonest: 20, latest: 250 };

/** A relay's work for as long as one database session lasts: reads, sends, moves, and checks the stream whenever it must. */
export class RelayShift {
  private readonly chains: Chains;
  /** The last look found all there was, and all of it was sent: only news asks for another. */
  private sawAll = false;

  constructor(
    private readonly session: RelaySession,
    private readonly parts: ShiftParts,
  ) {
    const { sending, wakeable } = parts;
    this.chains = new Chains((row, settle) => sending.send(row, settle), {
      acknowledged: () => wakeable.nudge(),
      failed: (row, fault, attempts) => {
        this.sawAll = false;
        sending.complain(row, fault, attempts);
      },
    });
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
        this.sawAll = checkpoint.open && this.chains.launch(rows) && this.sawAll;
        const moved = this.mayMoveLater(rows) ? 0 : await this.move();
        // Whoever is to be told of an event does not wait until the house is in order, unless that has waited long.
        if ((woke !== 'news' && this.chains.load === 0) || housekeeping.isLate) await housekeeping.tidy(this.session);
        const checked = await this.check();
        rows = woke !== 'nudge' || checked || wakeable.hasNews || !this.sawAll ? await this.read() : [];
        poll = moved + rows.length > 0 ? POLL_MS.soonest : Math.min(poll * 2, POLL_MS.latest);
        woke = moved + rows.length === 0 && !checked && !this.chains.hasAcknowledged ? await wakeable.wait(poll) : 'nudge';
      }
      await this.finish();
    } finally {
      this.chains.abandon();
    }
  }

  /** Whoever is told of an event comes before its row, which leaves the outbox when they have had a moment, or together with what comes meanwhile. */
  private async linger(): Promise<void> {
    if (this.sawAll && this.chains.hasAcknowledged) await this.parts.wakeable.lull(MOVE_AFTER_MS);
  }

  /** While there are events to tell, unless what was told becomes much to remember, or old. */
  private mayMoveLater(launched: readonly OutboxRow[]): boolean {
    return this.mayRead && (launched.length > 0 || this.parts.wakeable.hasNews) && this.chains.sent.size < MOVE_AT_LEAST && !this.chains.waited(MOVE_AT_LATEST_MS);
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
    const rows = await this.session.pending({ busy, sent: this.chains.sent }, READ_AT_MOST);
    this.sawAll = busy.length === 0 && rows.length < READ_AT_MOST;
    return rows;
  }

  private async finish(): Promise<void> {
    this.chains.close();
    while (this.parts.publisher.inFlight > 0 || this.chains.hasAcknowledged)
      if ((await this.move()) === 0) await this.parts.wakeable.wait(POLL_MS.latest);
  }
}
