/** One of somebody's screens, and on which of its lines, counted over the run. */
interface OnScreen {
  readonly who: string;
  readonly personId: string;
  readonly screen: number;
  readonly connection: number;
  readonly at: number;
}

/** An event that came to somebody's screen. */
export interface HeardEvent extends OnScreen {
  readonly kind: 'heard';
  readonly topic: string;
  readonly cursor: string;
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Whether the client showed it. What it knows already, or listens to no more, it keeps to itself. */
  readonly told: boolean;
}

/** What became of a screen's line, or of a topic on it. */
export type Followed = OnScreen & { readonly kind: 'followed' } & (
    | { readonly what: 'connected'; readonly way: string }
    /** By itself, or because the screen was put to sleep. */
    | { readonly what: 'lost'; readonly asleep: boolean }
    /** The person begins to listen, or has enough of it. */
    | { readonly what: 'wanted' | 'given up'; readonly topic: string }
    /** The gateway lets it be heard: `recovered` from where the client was, or else after `to` alone. */
    | { readonly what: 'subscribed'; readonly topic: string; readonly recovered: boolean; readonly to: string }
    | { readonly what: 'live'; readonly topic: string }
    /** The client says that the state is to be read anew. */
    | { readonly what: 'resync'; readonly topic: string }
    /** It cannot be had right now; or it may not be heard, or not any more. */
    | { readonly what: 'put off' | 'refused'; readonly topic: string; readonly code: string }
  );
