import { JetStreamApiCodes, JetStreamApiError, StorageType } from '@nats-io/jetstream';
import { Kvm, type KV } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';

export const TICKETS = 'realtime_tickets';
/** Tens of thousands of tickets. Beyond that none is given until some are over: the servers' memory is for others, too. */
const MOST_BYTES = 67_108_864;

/** What all gateways keep together for a moment: in the servers' memory, gone with them and with time. */
export class TicketBucket {
  private opening: Promise<KV> | undefined;

  constructor(
    private readonly nc: NatsConnection,
    private readonly options: { readonly keptMs: number; readonly replicas: number },
  ) {}

  put(key: string, value: Uint8Array): Promise<void> {
    return this.within(async (bucket) => void (await bucket.create(key, value)));
  }

  /** What was kept under the key, for the first who takes it. */
  take(key: string): Promise<Uint8Array | undefined> {
    return this.within(async (bucket) => {
      const entry = await bucket.get(key);
      if (entry?.operation !== 'PUT') return undefined;
      try {
        await bucket.delete(key, { previousSeq: entry.revision });
        return entry.value;
      } catch (fault) {
        if (isTaken(fault)) return undefined;
        throw fault;
      }
    });
  }

  /** Servers that were all restarted have forgotten the bucket itself: it is made anew. */
  private async within<R>(work: (bucket: KV) => Promise<R>): Promise<R> {
    const bucket = await this.open();
    try {
      return await work(bucket);
    } catch (fault) {
      if (!isGone(fault)) throw fault;
      this.opening = undefined;
      return work(await this.open());
    }
  }

  private open(): Promise<KV> {
    const { keptMs, replicas } = this.options;
    // Read from the leader alone: a follower may not have heard yet of what was put a moment ago.
    this.opening ??= new Kvm(this.nc).create(TICKETS, { storage: StorageType.Memory, history: 1, ttl: keptMs, replicas, max_bytes: MOST_BYTES, allow_direct: false });
    this.opening.catch(() => (this.opening = undefined));
    return this.opening;
  }
}

const isTaken = (fault: unknown): boolean => fault instanceof JetStreamApiError && fault.code === JetStreamApiCodes.StreamWrongLastSequence;

/** Nobody takes what is sent to a stream that is gone: the library has a name for it, and does not export the class. */
const isGone = (fault: unknown): boolean =>
  (fault as Error).name === 'JetStreamNotEnabled' || (fault instanceof JetStreamApiError && fault.code === JetStreamApiCodes.StreamNotFound);
