import type { EventOf } from '@mela/contracts';
import type { Msg } from '@nats-io/transport-node';
import type { ConnectionLine } from '../stream/connection-line.ts';
import { HeaderBlock } from './header-block.ts';

const ACK = Buffer.from('+ACK');
const WORKING = Buffer.from('+WPI');

/** One message as JetStream delivered it, and the ways to answer it. It is answered once. */
export class Delivery {
  /** 1 for the first time. */
  readonly count: number;
  readonly streamSeq: number;
  readonly storedAt: number;
  /** Made of it ahead of its turn. */
  event: EventOf | undefined;
  private block: HeaderBlock | undefined;
  private answered = false;

  constructor(
    private readonly message: Msg,
    /** What it came on. */
    private readonly line: ConnectionLine = { gone: false },
  ) {
    // $JS.ACK.[<domain>.<account>.]<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>[.<random>]
    const tokens = (message.reply ?? '').split('.');
    const first = tokens.length > 9 ? 6 : 4;
    this.count = Number(tokens[first]);
    this.streamSeq = Number(tokens[first + 1]);
    this.storedAt = Number(tokens[first + 3]) / 1e6;
  }

  get subject(): string {
    return this.message.subject;
  }

  get payload(): Uint8Array {
    return this.message.data;
  }

  header(name: string): string | undefined {
    return this.headers.get(name);
  }

  get headers(): HeaderBlock {
    return (this.block ??= new HeaderBlock(this.message));
  }

  get settled(): boolean {
    return this.answered;
  }

  ack(): void {
    this.answer(ACK);
  }

  /** To be delivered again, not sooner than after the delay. */
  nak(delayMs: number): void {
    this.answer(Buffer.from(`-NAK ${JSON.stringify({ delay: Math.round(delayMs * 1e6) })}`));
  }

  /** Never to be delivered again. */
  term(reason: string): void {
    this.answer(Buffer.from(`+TERM ${reason.replaceAll(/\s+/g, ' ').slice(0, 200)}`));
  }

  /** Still at it: the server waits for another `ack_wait`. */
  working(): void {
    if (!this.answered) this.respond(WORKING);
  }

  private answer(words: Uint8Array): void {
    if (this.answered) return;
    this.answered = true;
    this.respond(words);
  }

  private respond(words: Uint8Array): void {
    // The server behind the next connection may have lost the end of its stream and keep another event in this place:
    // an answer to the old one would be taken for it. Unanswered, this one is delivered again, and the inbox knows it.
    if (this.line.gone) return;
    try {
      this.message.respond(words);
    } catch {
      // A connection that is closing for good: unanswered, it is delivered again, and the inbox knows it.
    }
  }
}
