import type { Frame } from './frames.ts';
import type { SocketConstructor } from './links/web-socket-link.ts';
import type { Way } from './ways.ts';

/** `waiting`: for the moment of the next attempt. `stopped`: by the gateway, for good. */
export type State = 'idle' | 'connecting' | 'connected' | 'waiting' | 'stopped';

export interface Options {
  /** `wss://realtime.example/realtime`, or the same with https. */
  readonly url: string;
  /** An access token. `fresh`: the one that was given last is about to end, or was not taken. */
  readonly token: (wish: { fresh: boolean }) => Promise<string>;
  readonly transports?: readonly Way[];
  /** Where the platform has none (Node before 22), or another is wanted. */
  readonly WebSocket?: SocketConstructor;
  readonly fetch?: typeof fetch;
  /** Told of every change. */
  readonly changed?: (state: State, way: Way | undefined) => void;
  /** Everything the gateway says, before anything is made of it: for whoever looks into why something was told, or was not. */
  readonly overheard?: (frame: Frame, on: Overheard) => void;
  readonly timing?: Partial<Timing>;
  readonly random?: () => number;
}

export interface Overheard {
  /** Which of the client's connections, counted from 1: at times there are two. */
  readonly connection: number;
  readonly way: Way;
}

export interface Timing {
  /** Within which a connection stands, or another way is tried. */
  readonly openWithinMs: number;
  /** How late a sign of life may be. */
  readonly slackMs: number;
  /** After which a better way is tried again; doubled each time it fails. */
  readonly climbAfterMs: number;
  /** A connection that lasted so long was a good one: the next failure is the first. */
  readonly goodAfterMs: number;
}

export const USUAL: Timing = { openWithinMs: 10_000, slackMs: 5_000, climbAfterMs: 60_000, goodAfterMs: 10_000 };
