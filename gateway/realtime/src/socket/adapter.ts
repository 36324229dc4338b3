import type { IncomingMessage } from 'node:http';
import type { WsMessageHandler } from '@nestjs/common';
import { AbstractWsAdapter } from '@nestjs/websockets';
import type { Logger } from 'pino';
import type { WebSocket, WebSocketServer } from 'ws';
import type { Tally } from '../metrics.ts';
import { closing } from '../protocol/close-codes.ts';
import { readMessage, type Frame, type Malformed } from '../protocol/incoming.ts';
import { Connection, toldOf } from './connection.ts';
import { FrameBudget } from './frame-budget.ts';
import type { RealtimeServer } from './realtime-server.ts';
import { WebSocketWire } from './web-socket-wire.ts';

interface AdapterOptions {
  readonly server: RealtimeServer;
  readonly maxFrame: number;
  readonly maxBuffered: number;
  readonly framesPerSecond: number;
  readonly tally: Tally;
  /** Told the close code of every connection that ends. */
  readonly closed: (code: number) => void;
  readonly log: Logger;
}

/** What `ws` says when the other side went, or stayed, without a word. */
const NO_FAREWELL = 1006;

/** Nest's gateways on `ws`: frames are named by `t`, and every one that comes gets an answer, malformed ones too. */
export class RealtimeAdapter extends AbstractWsAdapter {
  private readonly sockets = new WeakMap<Connection, WebSocket>();

  constructor(private readonly options: AdapterOptions) {
    super();
  }

  override create(): WebSocketServer {
    return this.options.server.sockets;
  }

  override bindClientConnect(server: WebSocketServer, connected: (connection: Connection) => void): void {
    server.on('connection', (socket: WebSocket, request: IncomingMessage) => {
      const connection = new Connection(new WebSocketWire(socket), this.options.maxBuffered, this.options.tally, new FrameBudget(this.options.framesPerSecond));
      connection.from = this.options.server.addressOf(request);
      this.sockets.set(connection, socket);
      // A fault of the wire ends the connection by itself; unheard, it would end the process.
      socket.on('error', (error) => this.options.log.debug({ ...toldOf(connection), reason: String(error) }, 'socket failed'));
      connected(connection);
    });
  }

  override bindClientDisconnect(connection: Connection, disconnected: () => void): void {
    this.sockets.get(connection)!.once('close', (code) => {
      const why = connection.endedWith ?? code;
      connection.end = { code: why, clean: code !== NO_FAREWELL };
      this.options.closed(why);
      if (why === closing.flood.code) this.options.log.info(toldOf(connection), 'a flood of frames: connection ended');
      disconnected();
    });
  }

  override bindMessageHandlers(connection: Connection, handlers: WsMessageHandler[]): void {
    const handlerOf = new Map(handlers.map(({ message, callback }) => [message, callback]));
    const socket = this.sockets.get(connection)!;
    socket.on('ping', (data) => {
      connection.heard();
      if (connection.mayBePonged()) socket.pong(data);
    });
    socket.on('pong', () => {
      connection.heard();
      if (connection.isOpen) connection.admits();
    });
    socket.on('message', (data, isBinary) => {
      connection.heard();
      for (const heard of readMessage(data as Buffer, isBinary, this.options.maxFrame)) {
        if (!connection.isOpen) return;
        this.options.tally.in++;
        if (!connection.admits(answerTo(heard))) continue;
        if (heard !== 'pulse' && 'fault' in heard) {
          connection.heardMalformed(heard);
          continue;
        }
        connection.heardWell();
        if (heard === 'pulse') connection.heardPulse();
        else take(connection, heard, (frame) => handlerOf.get(frame.t)!(frame) as Promise<unknown>);
      }
    });
  }

  /** The sockets were told good-bye before, and the port is the server's. */
  override async close(): Promise<void> {}
}

const answerTo = (heard: Frame | Malformed | 'pulse'): number | undefined => (heard === 'pulse' ? undefined : heard.i);

/** A frame sent right behind `connect` waits until that is decided. */
function take(connection: Connection, frame: Frame, handle: (frame: Frame) => Promise<unknown>): void {
  if (frame.t === 'connect') connection.admission = Promise.all([connection.admission, handle(frame)]);
  else if (connection.session) void handle(frame);
  else void connection.admission.then(() => handle(frame));
}
