import { randomBytes } from 'node:crypto';
import type { Refusal } from '@mela/contracts';
import { WebSocket } from 'ws';
import type { Tally } from '../metrics.ts';
import { closing, type Closing } from '../protocol/close-codes.ts';
import { TooFast } from '../protocol/faults.ts';
import type { Malformed } from '../protocol/incoming.ts';
import { err, PULSE, type AnswerTo } from '../protocol/outgoing.ts';
import type { Subscription } from '../topics/subscription.ts';
import type { FrameBudget } from './frame-budget.ts';

/** Who is at the other end, as the access token says. */
interface Session {
  readonly token: string;
  readonly personId: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

const MALFORMED_IN_A_ROW = 10;
// Two ends that answer each other's answers would never stop.
const PULSE_ANSWERS_APART_MS = 1_000;

/** One client's socket: frames in both directions, and how it ends. */
export class Connection {
  readonly id = randomBytes(9).toString('base64url');
  /** By topic. */
  readonly subscriptions = new Map<string, Subscription>();
  session: Session | undefined;
  /** Settled when the connect frames that came so far are dealt with: what was sent right after them waits for it. */
  admission: Promise<unknown> = Promise.resolve();
  connecting = false;
  pingedAt = performance.now();
  heardAt = performance.now();
  private pongOwed = false;
  private pulseAnsweredAt = Number.NEGATIVE_INFINITY;
  private malformed = 0;
  private ending: Closing | undefined;

  constructor(
    readonly socket: WebSocket,
    private readonly maxBuffered: number,
    private readonly tally: Tally,
    private readonly budget: FrameBudget,
  ) {}

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** The code this side ended it with, which a reader that never reads on cannot echo. */
  get endedWith(): number | undefined {
    return this.ending?.code;
  }

  /** Several frames leave as one message, one a line. */
  send(...frames: readonly string[]): void {
    this.write(frames.join('\n'), frames.length);
  }

  /** A frame that many connections share: its bytes are not copied. */
  deliver(frame: Buffer): void {
    this.write(frame, 1);
  }

  deliverAll(frames: readonly Buffer[]): void {
    this.write(Buffer.concat(frames.flatMap((frame, place) => (place === 0 ? [frame] : [LINE_BREAK, frame]))), frames.length);
  }

  refuse(i: AnswerTo, refusal: Refusal, topic?: string): void {
    this.send(err(i, refusal, { topic }));
  }

  ping(): void {
    this.pingedAt = performance.now();
    this.pongOwed = true;
    this.send(PULSE);
  }

  /** Whether a frame that came may be looked at. It is refused where not, and whoever goes on at that is let go. */
  admits(i?: AnswerTo): boolean {
    const after = this.budget.take();
    if (after === 0) return true;
    this.send(err(i, TooFast(), { after }));
    if (this.budget.isFlooded) this.close(closing.flood);
    return false;
  }

  /** A ping of the WebSocket's own, which a browser's page cannot send, costs what a frame costs. */
  heardControlPing(data: Buffer): void {
    if (!this.isOpen || !this.admits()) return;
    if (this.socket.bufferedAmount > this.maxBuffered) return this.close(closing.slow);
    this.socket.pong(data);
  }

  heardPulse(): void {
    if (this.pongOwed) {
      this.pongOwed = false;
      return;
    }
    const now = performance.now();
    if (now - this.pulseAnsweredAt < PULSE_ANSWERS_APART_MS) return;
    this.pulseAnsweredAt = now;
    this.send(PULSE);
  }

  heardMalformed({ fault, i }: Malformed): void {
    this.refuse(i, fault);
    if (++this.malformed >= MALFORMED_IN_A_ROW) this.close(closing.malformed);
  }

  heardWell(): void {
    this.malformed = 0;
  }

  close(why: Closing): void {
    if (!this.isOpen) return;
    this.ending = why;
    this.socket.close(why.code, why.reason);
  }

  private write(data: string | Buffer, frames: number): void {
    if (!this.isOpen) return;
    if (this.socket.bufferedAmount > this.maxBuffered) return this.close(closing.slow);
    this.tally.out += frames;
    this.socket.send(data, AS_TEXT);
  }
}

const AS_TEXT = { binary: false };
const LINE_BREAK = Buffer.from('\n');
