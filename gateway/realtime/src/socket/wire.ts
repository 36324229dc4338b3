import type { Message } from '../protocol/message.ts';
import type { Closing } from '../protocol/close-codes.ts';

/** How bytes get to one client, whatever it speaks. */
export interface Wire {
  readonly isOpen: boolean;
  /** Bytes that wait to be read. */
  readonly waiting: number;
  write(message: Message): void;
  /** Once, when nothing waits any more. */
  whenRead(then: () => void): void;
  end(why: Closing): void;
}
