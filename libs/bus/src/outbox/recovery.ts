import type { NatsConnection } from '@nats-io/transport-node';
import type { Log } from '../log.ts';
import { createMissingStream } from '../stream/stream.ts';
import { StreamReader, type StreamState } from '../stream/stream-reader.ts';
import { fill, tellForgotten } from './fillers.ts';
import { lastMatches, type Place } from './last-match.ts';
import type { LatelySent } from './lately-sent.ts';
import type { AckedPublisher } from './publisher.ts';
import type { RelayMetrics } from './relay-metrics.ts';
import type { SentHistory, ShardState } from './sent-history.ts';

interface Parts {
  nc: NatsConnection;
  publisher: AckedPublisher;
  lately: LatelySent;
  log: Log;
  metrics: RelayMetrics;
  replicas?: number | undefined;
}

/** Between slices the relay's session says that it is alive. */
const SLICE_MS = 500;

/**
 * Holds the stream against what was sent into it. A stream that lost its end (a power failure, another disk) uses sequences
 * again, and what is stored on one that a durable believes to have had is never delivered to it. So first the sequence goes
 * on where it was, and then whatever is gone from the stream waits in the outbox again.
 */
export class Recovery {
  private readonly reader: StreamReader;
  /** Seen since the last check that ended well. */
  private rewound = false;

  constructor(private readonly parts: Parts) {
    this.reader = new StreamReader(parts.nc);
  }

  state(): Promise<StreamState> {
    return this.reader.state();
  }

  /** The stream as it is, once everything that was sent into it is there or waits again; undefined while there is more to do. */
  async check(history: SentHistory): Promise<StreamState | undefined> {
    const { nc, publisher, lately, log, metrics, replicas } = this.parts;
    await createMissingStream(nc, replicas === undefined ? {} : { replicas });
    const states = await history.states();
    // In this order: what is stored between the two questions must not look like a stream that is behind its consumers.
    const delivered = await this.reader.delivered();
    const stream = await this.reader.state();
    const known = states.filter(({ epoch }) => epoch === stream.epoch).map(({ seq }) => seq);
    const last = lately.last?.epoch === stream.epoch ? lately.last : undefined;
    const goesOnAfter = Math.max(delivered, last?.seq ?? 0, ...known);
    if (stream.lastSeq < goesOnAfter) {
      if (!this.rewound) log.warn({ lastSeq: stream.lastSeq, goesOnAfter }, 'The stream went back: its sequence is carried on to where it was');
      this.rewound = true;
      metrics.fillers.inc(await fill(publisher, stream.lastSeq, goesOnAfter, SLICE_MS));
      return undefined;
    }
    if ((await this.restore(history, states, stream)) > 0) this.rewound = true;
    const isGone = last !== undefined && last.seq >= stream.firstSeq && !(await this.holds(last));
    // It was told already, or will be found by whoever is told of the break.
    if (isGone) await history.markRestored(lately.rows);
    const now = await this.reader.state();
    if (now.epoch !== stream.epoch || now.lastSeq < stream.lastSeq) return undefined;
    if (isGone) lately.forget();
    if (this.rewound || isGone) metrics.rewinds.inc();
    this.rewound = false;
    return now;
  }

  /** Answers how many shards had lost something. */
  private async restore(history: SentHistory, states: readonly ShardState[], stream: StreamState): Promise<number> {
    const { log, metrics, publisher } = this.parts;
    const gone = (await Promise.all(states.map(async (state) => ((await this.isThere(history, state, stream)) ? [] : [state])))).flat();
    if (gone.length === 0) return 0;
    // Another stream holds nothing of what was sent into the one before.
    const searched = gone.filter(({ epoch }) => epoch === null || epoch === stream.epoch);
    const top = Math.max(0, ...searched.map(({ seq }) => seq));
    const matches = await lastMatches(searched.map(({ shard }) => shard), top, history, (place) => this.holds(place));
    // Before anything is put back and remembered: whoever comes after a crash finds the same, and tells it again.
    if (searched.some(({ shard }) => !matches.has(shard))) await tellForgotten(publisher);
    const back = await history.putBack(gone, matches, stream.epoch);
    metrics.putBack.inc(back);
    log.warn({ shards: gone.map(({ shard }) => shard), back }, 'The stream had lost events: they wait in the outbox again');
    for (const { shard, seq, eventId } of gone)
      if (!matches.has(shard))
        log.error(
          { shard, lastSeq: seq, lastEventId: eventId },
          'Nothing that this shard sent within 24 hours is in the stream: all of it is sent again. Whatever older events the stream lost cannot be restored from here; replicas are built anew from their owners',
        );
    return gone.length;
  }

  private async isThere(history: SentHistory, state: ShardState, stream: StreamState): Promise<boolean> {
    if (state.epoch !== null && state.epoch !== stream.epoch) return false;
    if (await this.holds(state)) return true;
    // Aged out after 14 days; what the outbox still remembers is not that old.
    return state.seq < stream.firstSeq && !(await history.remembers(state));
  }

  private async holds({ seq, eventId }: Place): Promise<boolean> {
    return (await this.reader.eventIdAt(seq)) === eventId.toLowerCase();
  }
}
