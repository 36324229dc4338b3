import type { Message } from '../protocol/message.ts';
import type { Closing } from '../protocol/close-codes.ts';
import type { Transport } from '../settings.ts';

/** How bytes get to one client, whatever it speaks. */
export interface Wire {
  readonly isOpen: boolean;
  /** Bytes that wait to be read. */
  readonly waiting: number;
  readonly transport: Transport;
  write(message: Message): void;
  /** A sign of life. */
  ping(): void;
  /** Once, when nothing waits any more. */
  whenRead(then: () => void): void;
  /** Of what it asked for something is not told, and may be later: no place is given out any more that lies beyond that. */
  keepPlace(): void;
  /** Says good-bye in the way of the transport. */
  end(why: Closing): void;
}
