import type { OutboxRow } from './chains.ts';
import type { Place } from './last-match.ts';

/** Longer than a row waits before it leaves the outbox, and its leaving for the disk. */
const KEPT_MS = 3_000;

interface LastPlace extends Place {
  readonly epoch: string;
}

/**
 * What this process gave to the stream of late. The tables know of it a moment later, and a database that is killed forgets the last moments of what it
 * was told without waiting: then only this tells that the stream was further, and which of the rows that wait may have been heard already.
 */
export class LatelySent {
  /** By row, in the order of sending. */
  private readonly sentAt = new Map<string, number>();
  private place: LastPlace | undefined;

  /** The last that was acknowledged. */
  get last(): LastPlace | undefined {
    return this.place;
  }

  get rows(): readonly string[] {
    return [...this.sentAt.keys()];
  }

  /** What is older than others by so much has left the outbox for good. */
  sent({ id }: OutboxRow, now = performance.now()): void {
    this.sentAt.delete(id);
    this.sentAt.set(id, now);
    for (const [old, at] of this.sentAt) {
      if (now - at <= KEPT_MS) return;
      this.sentAt.delete(old);
    }
  }

  acknowledged({ shard, event_id: eventId }: OutboxRow, seq: number, epoch: string): void {
    if (this.place?.epoch === epoch && this.place.seq >= seq) return;
    this.place = { shard, seq, eventId, epoch };
  }

  /** The loss is dealt with. */
  forget(): void {
    this.sentAt.clear();
    this.place = undefined;
  }
}
