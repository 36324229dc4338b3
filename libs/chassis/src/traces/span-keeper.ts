import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Losses } from './losses.ts';
import type { SpanFolder } from './span-folder.ts';
import { storedSpan } from './stored-span.ts';

/** Soon, since whoever just did something looks for it at once. */
const FLUSH_MS = 200;
/** What a burst may leave waiting; some 10 MB. */
const MOST_WAITING = 30_000;

/** Brings spans to the folder of a development instance. Each becomes its line at once: to keep the spans themselves costs more than that. */
export class SpanKeeper implements SpanProcessor {
  private waiting: string[] = [];
  private timer: NodeJS.Timeout | undefined;
  private writing = Promise.resolve();

  constructor(
    private readonly folder: SpanFolder,
    private readonly tell: Losses,
  ) {}

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if (this.waiting.length >= MOST_WAITING) return this.tell(new Error('More came at once than can be written'));
    this.waiting.push(`${JSON.stringify(storedSpan(span, process.pid))}\n`);
    this.timer ??= setTimeout(() => void this.forceFlush(), FLUSH_MS).unref();
  }

  /** One after the other, so that a process has one file at a time. */
  forceFlush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    return (this.writing = this.writing.then(() => this.write()));
  }

  shutdown(): Promise<void> {
    return this.forceFlush();
  }

  private async write(): Promise<void> {
    const lines = this.waiting;
    if (lines.length === 0) return;
    this.waiting = [];
    await this.folder.append(lines.join('')).then(() => this.tell(undefined), this.tell);
  }
}
