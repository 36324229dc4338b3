import type { Closing } from '../protocol/close-codes.ts';
import type { Message } from '../protocol/message.ts';
import { farewell } from '../protocol/outgoing.ts';
import type { Wire } from '../socket/wire.ts';

const BYTES_PER_ANSWER = 262_144;

/** Gathers what one answer is to hold. What does not fit is left for the next. */
export class PollWire implements Wire {
  readonly transport = 'poll';
  readonly waiting = 0;
  readonly lines: Buffer[] = [];
  /** Settled when there is something to answer. */
  readonly stirred: Promise<void>;
  /** Settled when it ended before it was answered. */
  readonly over: Promise<void>;
  private stir!: () => void;
  private finish!: () => void;
  private bytes = 0;
  private ended = false;
  private isFull = false;

  constructor() {
    this.stirred = new Promise((resolve) => (this.stir = resolve));
    this.over = new Promise((resolve) => (this.finish = resolve));
  }

  get isOpen(): boolean {
    return !this.ended && !this.isFull;
  }

  write({ frames, bytes }: Message): void {
    this.lines.push(...frames.map(({ line }) => line));
    this.bytes += bytes;
    this.isFull ||= this.bytes >= BYTES_PER_ANSWER;
    this.stir();
  }

  /** The answer comes before a sign of life could be missed. */
  ping(): void {}

  whenRead(then: () => void): void {
    setImmediate(then);
  }

  /** What follows comes with the next. */
  keepPlace(): void {
    this.isFull = true;
  }

  end(why: Closing): void {
    this.lines.push(Buffer.from(farewell(why)));
    this.abandon();
  }

  /** The client went away. */
  abandon(): void {
    this.ended = true;
    this.finish();
  }
}
