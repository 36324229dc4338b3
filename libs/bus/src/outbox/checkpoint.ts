import type { Log } from '../log.ts';
import { isNotFound } from '../stream/not-found.ts';
import type { StreamState } from '../stream/stream-reader.ts';
import { Unanswered, type Stored } from './publisher.ts';
import type { Recovery } from './recovery.ts';
import type { RelayMetrics } from './relay-metrics.ts';
import type { SentHistory } from './sent-history.ts';

const AGAIN_MS = 250;
const LOOK_MS = 5_000;

/**
 * The gate before the stream. It is shut at once by whatever makes the stream doubtful: the connection broke, shards were
 * taken, nobody took an event, a sequence came that had been before. It opens when the stream was held against the outbox
 * and nothing shut it again meanwhile.
 */
export class Checkpoint {
  private doubts = 1;
  private stream: StreamState | undefined;
  private end = 0;
  private startedAt: number | undefined;
  private notBefore = 0;
  private complained = false;
  private lookAt = 0;
  /** The stream that everything acknowledged until now was sent into. */
  epoch = '';

  constructor(
    private readonly recovery: Recovery,
    private readonly parts: { log: Log; metrics: RelayMetrics },
  ) {}

  get open(): boolean {
    return this.stream !== undefined;
  }

  shut(reason: string): void {
    if (this.open) this.parts.log.debug({ reason }, 'The relay checks the stream before it sends on');
    this.doubts += 1;
    this.stream = undefined;
    this.startedAt = undefined;
    this.notBefore = 0;
  }

  /** Whether this answer fits a stream that only ever grows. If not, no answer of the moment can be trusted. */
  trusts(stored: Stored): boolean {
    if (stored.duplicate) return true;
    if (stored.seq <= this.end) return false;
    this.end = stored.seq;
    return true;
  }

  /** Silence may be a stream that is gone, or one that comes back another. A refusal is an answer. */
  heed(fault: Error | undefined): void {
    if (fault instanceof Unanswered) this.shut(fault.message);
  }

  /** One attempt, of bounded length. Answers whether the next one makes sense at once. */
  async pass(history: SentHistory): Promise<boolean> {
    const now = performance.now();
    if (now < this.notBefore) return false;
    this.startedAt ??= now;
    const { doubts } = this;
    try {
      const stream = await this.recovery.check(history);
      if (!stream || doubts !== this.doubts) return true;
      this.stream = stream;
      this.epoch = stream.epoch;
      this.end = stream.lastSeq;
      this.parts.metrics.checkSeconds.observe((performance.now() - this.startedAt) / 1_000);
      this.startedAt = undefined;
      this.complained = false;
      return true;
    } catch (fault) {
      this.notBefore = performance.now() + AGAIN_MS;
      if (!this.complained) this.parts.log.warn({ fault: (fault as Error).message }, 'The relay cannot check the stream yet and sends nothing');
      this.complained = true;
      return false;
    }
  }

  /** A stream that was deleted or replaced says nothing to whoever has nothing to send. */
  async look(): Promise<void> {
    const now = performance.now();
    if (!this.stream || now < this.lookAt) return;
    this.lookAt = now + LOOK_MS;
    const { doubts, end, epoch } = this;
    try {
      const stream = await this.recovery.state();
      if (doubts === this.doubts && (stream.epoch !== epoch || stream.lastSeq < end)) this.shut('The stream is not the one it was');
    } catch (fault) {
      if (isNotFound(fault)) this.shut('There is no stream');
    }
  }
}
