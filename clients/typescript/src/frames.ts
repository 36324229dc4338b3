import type { Cursor } from './cursor.ts';

/** What the gateway says, on every transport. */
export type Frame =
  | { readonly t: 'connected'; readonly cid?: string; readonly ping: number; readonly exp?: number; readonly topics?: readonly string[]; readonly retryJitter?: number }
  | { readonly t: 'subd'; readonly i?: number; readonly topic: string; readonly recovered: boolean; readonly to: Cursor }
  | { readonly t: 'live'; readonly topic: string }
  | { readonly t: 'ev'; readonly topic: string; readonly c: Cursor; readonly id: string; readonly type: string; readonly d: Readonly<Record<string, unknown>> }
  | { readonly t: 'unsub'; readonly i?: number; readonly topic: string; readonly code?: string }
  | { readonly t: 'err'; readonly topic?: string; readonly code: string; readonly message: string; readonly retry: boolean; readonly after?: number; readonly i?: number }
  | ({ readonly t: 'pres'; readonly topic: string } & Presence)
  | { readonly t: 'auth'; readonly exp: number }
  | { readonly t: 'authexp'; readonly in: number }
  | { readonly t: 'bye'; readonly code: number; readonly after?: readonly [number, number] };

/** A frame that concerns one topic. */
export type TopicFrame = Extract<Frame, { readonly topic: string }> | (Extract<Frame, { readonly t: 'err' }> & { readonly topic: string });

export interface Presence {
  /** Rises by one with every difference. */
  readonly v: number;
  readonly join: readonly string[];
  readonly leave: readonly string[];
  /** Of all who are there, the unnamed ones, too. */
  readonly count?: number;
  /** What was known before is forgotten. */
  readonly snapshot?: boolean;
}

/** Something that happened. */
export interface RealtimeEvent {
  readonly topic: string;
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly cursor: Cursor;
}
