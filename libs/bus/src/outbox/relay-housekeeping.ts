import type { Log } from '../log.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { AckedPublisher } from './publisher.ts';
import type { RelayMetrics } from './relay-metrics.ts';
import type { Backlog, RelaySession } from './relay-session.ts';

interface Parts {
  publisher: AckedPublisher;
  checkpoint: Checkpoint;
  log: Log;
  metrics: RelayMetrics;
}

const TAKE_SHARDS_MS = 2_000;
const LOOK_AT_BACKLOG_MS = 2_000;
const LATE_AFTER_MS = 1_000;
const KEEP_PARTITIONS_MS = 600_000;
/** Without NATS for so long, a relay lets others try. */
const GIVE_UP_SHARDS_MS = 5_000;

/** What a relay does every few seconds beside its work: takes and leaves shards, counts what waits, makes room for what was sent. */
export class RelayHousekeeping {
  private due = { shards: 0, backlog: 0, partitions: 0 };
  private tidiedAt = 0;
  private disconnectedSince: number | undefined;
  private counted: Backlog & { at: number } = { depth: 0, oldestSeconds: 0, at: performance.now() };

  constructor(private readonly parts: Parts) {}

  connected(connected: boolean): void {
    this.disconnectedSince = connected ? undefined : performance.now();
  }

  get backlog(): Backlog {
    const { depth, oldestSeconds, at } = this.counted;
    // While the database is away nobody counts, and what waited then waits still.
    return { depth, oldestSeconds: depth > 0 ? oldestSeconds + (performance.now() - at) / 1_000 : 0 };
  }

  /** A new session has its partitions already, and looks after all else at once. */
  begin(): void {
    this.due = { shards: 0, backlog: 0, partitions: performance.now() + KEEP_PARTITIONS_MS };
    this.tidiedAt = 0;
  }

  get isLate(): boolean {
    return performance.now() - this.tidiedAt > LATE_AFTER_MS;
  }

  async tidy(session: RelaySession): Promise<void> {
    const now = performance.now();
    this.tidiedAt = now;
    await this.leaveShards(session, now);
    await this.takeShards(session, now);
    void this.parts.checkpoint.look();
    await this.count(session, now);
    if (now < this.due.partitions) return;
    this.due.partitions = now + KEEP_PARTITIONS_MS;
    await session.keepPartitions();
  }

  private async leaveShards(session: RelaySession, now: number): Promise<void> {
    if (this.disconnectedSince === undefined || now - this.disconnectedSince <= GIVE_UP_SHARDS_MS || session.shards.length === 0) return;
    await session.releaseShards();
    this.parts.log.warn({}, 'The relay has no NATS and leaves its shards to others');
  }

  private async takeShards(session: RelaySession, now: number): Promise<void> {
    if (!this.parts.publisher.connected || now < this.due.shards) return;
    this.due.shards = now + TAKE_SHARDS_MS;
    const taken = await session.takeShards();
    if (taken.length === 0) return;
    this.parts.checkpoint.shut('Shards were taken');
    this.parts.log.info({ shards: taken }, 'The relay took shards');
  }

  private async count(session: RelaySession, now: number): Promise<void> {
    if (now < this.due.backlog) return;
    this.due.backlog = now + LOOK_AT_BACKLOG_MS;
    this.counted = { ...(await session.backlog()), at: performance.now() };
    this.parts.metrics.depth.set(this.counted.depth);
    this.parts.metrics.oldest.set(this.counted.oldestSeconds);
  }
}
