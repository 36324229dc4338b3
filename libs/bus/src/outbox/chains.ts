import { LRUCache } from 'lru-cache';
import { nounOf } from '../subjects.ts';
import type { Stored } from './publisher.ts';

export interface OutboxRow {
  readonly shard: number;
  readonly id: string;
  /** Where the row lies: it is found there without a search, if it still is there. */
  readonly ctid: string;
  readonly event_id: string;
  readonly aggregate_id: string;
  readonly aggregate_version: number;
  readonly subject: string;
  readonly headers: Record<string, string>;
  readonly payload: Uint8Array;
}

export interface SentRow {
  readonly row: OutboxRow;
  readonly streamSeq: number;
}

interface Chain {
  readonly waiting: OutboxRow[];
  inFlight: boolean;
  stalledUntil: number;
}

/** A busy aggregate goes one by one: more of its rows at hand would only keep the others' out. */
const ROWS_PER_AGGREGATE = 250;
/** So many aggregates are known by their last version. */
const AGGREGATES_KNOWN = 10_000;
/** No version comes after it. */
const UNKNOWN = Number.NaN;
const FIRST_STALL_MS = 100;
const LONGEST_STALL_MS = 2_000;

/**
 * Keeps the order within each aggregate: one version in flight, the later ones wait behind it.
 * An aggregate whose event was not acknowledged stalls for a moment, then its rows are read anew. Nobody else waits for it.
 */
export class Chains {
  private readonly chains = new Map<string, Chain>();
  private readonly attempts = new Map<string, number>();
  private acknowledged: SentRow[] = [];
  private acknowledgedSince = 0;
  /** Acknowledged, but still in the outbox table: the next look would find them again. */
  private readonly unmoved = new Set<string>();
  /** Those, and all that are on their way or wait for it: a row may come to hand twice. */
  private readonly atHand = new Set<string>();
  /** Up to which version of each aggregate everything was launched. An id is an aggregate's own only together with its noun. */
  private readonly launched = new LRUCache<string, number>({ max: AGGREGATES_KNOWN });
  private rows = 0;
  private closed = false;
  private abandoned = false;

  constructor(
    private readonly send: (row: OutboxRow, settle: (stored: Stored | undefined, fault?: Error) => void) => void,
    private readonly events: { acknowledged: () => void; failed: (row: OutboxRow, fault: Error, attempts: number) => void },
  ) {}

  /** Rows that were read and are not yet moved. */
  get load(): number {
    return this.rows;
  }

  get hasAcknowledged(): boolean {
    return this.acknowledged.length > 0;
  }

  /** Whether the first of them has waited for so long. */
  waited(ms: number): boolean {
    return this.hasAcknowledged && performance.now() - this.acknowledgedSince >= ms;
  }

  /** Ids of rows that the stream has and that have not left the outbox: what comes after them may go. */
  get sent(): ReadonlySet<string> {
    return this.unmoved;
  }

  /** Aggregates whose rows must not be read now. */
  busy(now = performance.now()): string[] {
    for (const [aggregate, chain] of this.chains) this.release(aggregate, chain, now);
    return [...this.chains.keys()];
  }

  /** Takes rows that were read, in the order of ids. Answers whether it took them all: what comes to an aggregate that has stalled meanwhile is read anew. */
  launch(rows: readonly OutboxRow[]): boolean {
    let all = true;
    const fresh: [string, Chain][] = [];
    for (const row of rows) {
      if (this.atHand.has(row.id)) continue;
      const chain = this.chains.get(row.aggregate_id);
      if (chain && (chain.stalledUntil > 0 || chain.waiting.length >= ROWS_PER_AGGREGATE)) {
        all = false;
        continue;
      }
      this.rows += 1;
      this.atHand.add(row.id);
      this.launched.set(aggregateOf(row), row.aggregate_version);
      if (chain) chain.waiting.push(row);
      else {
        const begun = { waiting: [row], inFlight: false, stalledUntil: 0 };
        this.chains.set(row.aggregate_id, begun);
        fresh.push([row.aggregate_id, begun]);
      }
    }
    for (const [aggregate, chain] of fresh) this.advance(aggregate, chain);
    return all;
  }

  /**
   * Takes a row that nobody looked for: whoever wrote it tells of it. Only where none of its aggregate can be missing before it: it is the first,
   * or the one before it was launched here. Where that is not so, none is taken that comes after it, until a look has found one.
   */
  follow(row: OutboxRow): boolean {
    const aggregate = aggregateOf(row);
    const isNext = row.aggregate_version === (this.launched.get(aggregate) ?? 0) + 1;
    if (!this.closed && !this.abandoned && isNext && this.launch([row])) return true;
    this.launched.set(aggregate, UNKNOWN);
    return false;
  }

  /** Whatever was launched, something may be missing before what comes: it has to be looked for. */
  forget(): void {
    this.launched.clear();
  }

  /** What may leave the outbox now. Give it back with `moved` once it has. */
  takeAcknowledged(): readonly SentRow[] {
    const taken = this.acknowledged;
    this.acknowledged = [];
    return taken;
  }

  moved(rows: readonly SentRow[]): void {
    for (const { row } of rows) {
      this.unmoved.delete(row.id);
      this.atHand.delete(row.id);
    }
    this.rows -= rows.length;
  }

  /** Nothing new is sent; what is in flight may still be acknowledged. */
  close(): void {
    this.closed = true;
    for (const chain of this.chains.values()) {
      this.rows -= chain.waiting.length;
      chain.waiting.length = 0;
    }
  }

  /** The locks are gone: somebody else may be sending these rows by now. */
  abandon(): void {
    this.abandoned = true;
  }

  private advance(aggregate: string, chain: Chain): void {
    const row = chain.waiting.shift();
    chain.inFlight = row !== undefined;
    if (row) this.send(row, (stored, fault) => this.settle(aggregate, chain, row, stored, fault));
  }

  private settle(aggregate: string, chain: Chain, row: OutboxRow, stored: Stored | undefined, fault?: Error): void {
    if (this.abandoned) return;
    if (stored) {
      this.attempts.delete(aggregate);
      if (!this.hasAcknowledged) this.acknowledgedSince = performance.now();
      this.acknowledged.push({ row, streamSeq: stored.seq });
      this.unmoved.add(row.id);
      this.advance(aggregate, chain);
      this.release(aggregate, chain);
      this.events.acknowledged();
      return;
    }
    const attempts = (this.attempts.get(aggregate) ?? 0) + 1;
    this.attempts.set(aggregate, attempts);
    this.rows -= 1 + chain.waiting.length;
    for (const lost of [row, ...chain.waiting]) {
      this.atHand.delete(lost.id);
      this.launched.set(aggregateOf(lost), UNKNOWN);
    }
    chain.waiting.length = 0;
    chain.inFlight = false;
    chain.stalledUntil = performance.now() + Math.min(FIRST_STALL_MS * 2 ** (attempts - 1), LONGEST_STALL_MS);
    this.events.failed(row, fault ?? new Error('not acknowledged'), attempts);
  }

  private release(aggregate: string, chain: Chain, now = performance.now()): void {
    if (!chain.inFlight && chain.stalledUntil <= now) this.chains.delete(aggregate);
  }
}

const aggregateOf = ({ subject, aggregate_id: id }: OutboxRow): string => `${nounOf(subject)} ${id}`;
