import type { Cursor } from '../cursor.ts';
import type { Ending } from '../ending.ts';
import type { Frame } from '../frames.ts';

/** A topic that is to be heard, and where to go on from. */
export interface Wanted {
  readonly topic: string;
  readonly since: Cursor | undefined;
  readonly presence: boolean;
}

/** What a connection tells its owner. */
export interface Hears {
  frame(frame: Frame): void;
  /** Everything until there was told, on every topic of the connection. */
  reached(cursor: Cursor): void;
  /** Something came, and be it only a sign of life. */
  alive(): void;
  /** Once, and nothing after it. */
  ended(why: Ending): void;
}

/** One connection, whatever it is made of. */
export interface Link {
  /** The topics that are wanted may be others now. False when it takes another connection to hear them, or to know that they are heard. */
  changed(): boolean;
  /** A fresh token, for what goes on. False when it takes another connection. */
  refresh(token: string): boolean;
  /** Asks for a sign of life. False where that cannot be asked for. */
  probe(): boolean;
  close(): void;
}

export interface LinkOptions {
  readonly url: string;
  readonly token: string;
  /** Asked for whenever it matters: it changes. */
  readonly wanted: () => readonly Wanted[];
  readonly hears: Hears;
}
