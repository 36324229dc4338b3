import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { Closing } from '../protocol/close-codes.ts';
import type { Message } from '../protocol/message.ts';
import type { Wire } from './wire.ts';

const AS_TEXT = { binary: false };

/** Writes frames that are framed already: nothing is copied or computed per socket. */
export class WebSocketWire implements Wire {
  /** The library does not declare it. Where it is not there, the library frames for each socket anew. */
  private readonly bare: Socket | undefined;

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

  whenRead(then: () => void): void {
    if (this.bare?.writableNeedDrain) this.bare.once('drain', then);
    else setImmediate(then);
  }

  end({ code, reason }: Closing): void {
    this.socket.close(code, reason);
  }
}
