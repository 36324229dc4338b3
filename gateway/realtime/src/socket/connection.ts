import { randomBytes } from 'node:crypto';
import type { Recognised } from '@mela/chassis';
import { identity, scopeOf, type Refusal } from '@mela/contracts';
import type { Tally } from '../metrics.ts';
import { closing, type Closing } from '../protocol/close-codes.ts';
import { TooFast } from '../protocol/faults.ts';
import type { Malformed } from '../protocol/incoming.ts';
import { Message } from '../protocol/message.ts';
import { err, PULSE, type AnswerTo } from '../protocol/outgoing.ts';
import type { Transport } from '../settings.ts';
import type { Subscription } from '../topics/subscription.ts';
import type { FrameBudget } from './frame-budget.ts';
import type { Wire } from './wire.ts';

/** Who is at the other end, as the access token says. */
export interface Session {
  readonly token: string;
  readonly personId: string;
  /** The sign-in that its token is of. */
  readonly sessionId: string;
  /** The admin who looks through the person's eyes, if one does. */
  readonly impersonator: string | undefined;
  /** The API key that was shown, where a program is at the other end. */
  readonly key: Recognised['caller']['key'];
  /** The key that its token is signed with. */
  readonly kid: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** The client was told that the end is near. */
  warned?: boolean;
}

export const sessionOf = ({ token, caller: { personId, sessionId, actor, key }, expiresAt, kid }: Recognised): Session => ({
  token, personId, sessionId, impersonator: actor, key, kid, expiresAt,
});

/** A token is the right to hear what concerns its person. One of an API key is none without the scope that asking for it would take. */
export const hearsOwn = ({ key }: Pick<Session, 'key'>): boolean => key === undefined || key.scopes.includes(scopeOf(identity.hearing)!);

/** What a line says of whose connection it is about. */
export const toldOf = ({ id, session }: Pick<Connection, 'id' | 'session'>) => ({
  cid: id, personId: session?.personId, ...(session?.impersonator === undefined ? {} : { impersonator: session.impersonator }),
});

const MALFORMED_IN_A_ROW = 10;
// Two ends that answer each other's answers would never stop.
const PULSE_ANSWERS_APART_MS = 1_000;

/** One client: frames in both directions, and how it ends. */
export class Connection {
  readonly id = randomBytes(9).toString('base64url');
  /** The address that it comes from, where somebody counts. */
  from = '';
  /** By topic. */
  readonly subscriptions = new Map<string, Subscription>();
  session: Session | undefined;
  /** Settled when the connect frames that came so far are dealt with: what was sent right after them waits for it. */
  admission: Promise<unknown> = Promise.resolve();
  connecting = false;
  pingedAt = performance.now();
  heardAt = performance.now();
  /** Told of each sign of life. */
  whenHeard: (() => void) | undefined;
  /** How it ended, once it has: cleanly where the other side agreed. */
  end: { readonly code: number; readonly clean: boolean } | undefined;
  /** Told when nothing more is, with the message that could not be written where it ends for that. */
  whenEnding: ((unwritten: Message | undefined) => void) | undefined;
  private pongOwed = false;
  private pulseAnsweredAt = Number.NEGATIVE_INFINITY;
  private malformed = 0;
  private ending: Closing | undefined;

  constructor(
    private readonly wire: Wire,
    private readonly maxWaiting: number,
    private readonly tally: Tally,
    private readonly budget: FrameBudget,
  ) {}

  get isOpen(): boolean {
    return this.wire.isOpen;
  }

  get transport(): Transport {
    return this.wire.transport;
  }

  /** The code this side ended it with, which a reader that never reads on cannot echo. */
  get endedWith(): number | undefined {
    return this.ending?.code;
  }

  /** Bytes that wait to be read. */
  get waiting(): number {
    return this.wire.waiting;
  }

  /** Whether more of the past may be sent; what happens now is always sent. */
  get hasRoom(): boolean {
    return this.wire.waiting <= this.maxWaiting / 2;
  }

  whenRead(then: () => void): void {
    this.wire.whenRead(then);
  }

  /** Several frames leave as one message, one a line. */
  send(...frames: readonly string[]): void {
    this.deliver(Message.of(...frames));
  }

  /** A message that many connections share. Who does not read what waits is let go: the cursors say where to go on. */
  deliver(message: Message): void {
    // It went away by itself, and nobody was told yet.
    if (!this.isOpen) return this.conclude(message);
    if (this.isOverrun(message)) return;
    this.tally.out += message.frames.length;
    this.wire.write(message);
  }

  refuse(i: AnswerTo, refusal: Refusal, topic?: string): void {
    this.send(err(i, refusal, { topic }));
  }

  ping(): void {
    this.pingedAt = performance.now();
    this.pongOwed = true;
    if (!this.isOpen || this.isOverrun()) return;
    this.tally.out++;
    this.wire.ping();
  }

  /** Whether a frame that came may be looked at. It is refused where not, and whoever goes on at that is let go. */
  admits(i?: AnswerTo): boolean {
    const after = this.budget.take();
    if (after === 0) return true;
    this.send(err(i, TooFast(), { after }));
    if (this.budget.isFlooded) this.close(closing.flood);
    return false;
  }

  /** A ping of the transport's own, which a browser's page cannot send, costs what a frame costs. */
  mayBePonged(): boolean {
    return this.isOpen && this.admits() && !this.isOverrun();
  }

  /** Somebody is there. */
  heard(): void {
    this.heardAt = performance.now();
    this.whenHeard?.();
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

  close(why: Closing, unwritten?: Message): void {
    if (!this.isOpen) return;
    this.ending = why;
    this.conclude(unwritten);
    this.wire.end(why);
  }

  /** Of what it asked for something is not told, and may be later. */
  keepPlace(): void {
    this.wire.keepPlace();
  }

  /** Nothing more is told on it, though what was may take a while to leave. */
  conclude(unwritten?: Message): void {
    this.whenEnding?.(unwritten);
  }

  private isOverrun(unwritten?: Message): boolean {
    if (this.waiting <= this.maxWaiting) return false;
    this.close(closing.slow, unwritten);
    return true;
  }
}
