import type { Transport } from '../settings.ts';
import type { Connection } from '../socket/connection.ts';
import type { HowEnded } from '../topics/subscription.ts';

/** When something came about, and how far the stream had been heard then. */
export interface Moment {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly seq: number;
  /** Grows from one to the next: clocks are too coarse to tell which of two came first. */
  readonly turn: number;
}

export interface SubscriptionRecord {
  readonly topic: string;
  readonly asked: Moment;
  refused?: Moment & { readonly code: string };
  granted?: Moment & Beginning;
  /** The past was told: from here on it is told as it happens. */
  live?: Moment;
  /** Everything up to this place was written. */
  ended?: Moment & { readonly how: HowEnded };
}

/** From which place on it is told, and why from there. */
export interface Beginning {
  readonly from: number;
  /** What happened until here was before the right. */
  readonly rightFrom: number;
  /** Whether the client brought a place to go on from, and whether all since then could be told. */
  readonly cursor: 'none' | 'lost' | 'good';
}

export interface ConnectionEnd extends Moment {
  code: number;
  /** The other side agreed, so it has read everything before. */
  clean: boolean;
  /** Bytes that had not been read. */
  readonly waiting: number;
}

export interface ConnectionRecord {
  readonly id: string;
  readonly personId: string;
  /** The admin who looks through the person’s eyes, if one does. */
  readonly impersonator: string | undefined;
  readonly transport: Transport;
  readonly began: Moment;
  readonly subscriptions: SubscriptionRecord[];
  /** Subscriptions that ended before this place are not known any more. */
  forgottenUntil: number;
  /** The last sign of life. */
  heard: Moment;
  /** While it is not gone. */
  connection?: Connection;
  ended?: ConnectionEnd;
}
