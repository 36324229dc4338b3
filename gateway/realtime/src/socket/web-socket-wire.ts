import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { closing, type Closing } from '../protocol/close-codes.ts';
import { Message } from '../protocol/message.ts';
import { farewell, PULSE } from '../protocol/outgoing.ts';
import type { Wire } from './wire.ts';

const PING = Message.of(PULSE);
const BYE = Message.of(farewell(closing.drain));
/** The library does not say when its own socket was read. */
const LOOKED_AGAIN_AFTER_MS = 10;
const AS_TEXT = { binary: false };

/** Writes frames that are framed already: nothing is copied or computed per socket. */
export class WebSocketWire implements Wire {
  readonly transport = 'websocket';
  /** The library does not declare it. Where it is not there, the library frames for each socket anew. */
  private readonly bare: Socket | undefined;
  private readonly untilRead: (() => void)[] = [];

  constructor(private readonly socket: WebSocket) {
    this.bare = (socket as unknown as { _socket?: Socket })._socket;
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  get waiting(): number {
    return this.socket.bufferedAmount;
  }

  write(message: Message): void {
    if (this.bare) this.bare.write(message.webSocket);
    else this.socket.send(message.text, AS_TEXT);
  }

  ping(): void {
    this.write(PING);
  }

  whenRead(then: () => void): void {
    if (!this.bare) setTimeout(then, LOOKED_AGAIN_AFTER_MS);
    else if (!this.bare.writableNeedDrain) setImmediate(then);
    else if (this.untilRead.push(then) === 1) this.bare.once('drain', () => this.wasRead());
  }

  /** Each topic has a place of its own. */
  keepPlace(): void {}

  /** The close code says it all, except when to come back. */
  end(why: Closing): void {
    if (why === closing.drain) this.write(BYE);
    this.socket.close(why.code, why.reason);
  }

  /** As many topics as there are wait for the one socket: a listener for each would look like a leak. */
  private wasRead(): void {
    for (const then of this.untilRead.splice(0)) then();
  }
}
