import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { answer, clientAddress, type Health } from '@mela/chassis';
import { NoSuchRoute, refusal, TooManyRequests, Unavailable, type Refusal } from '@mela/contracts';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import type { Registry } from 'prom-client';
import { WebSocketServer } from 'ws';
import type { Arrivals } from '../limits/arrivals.ts';
import { answerBare, answerRequest } from './problem-answers.ts';

const ForeignOrigin = refusal('origin.refused', 403, 'Pages of this origin may not connect');
const NotAnUpgrade = refusal('realtime.upgrade', 426, 'This address speaks WebSocket');
const BadUpgrade = refusal('realtime.bad_upgrade', 400, 'This is not the handshake of a WebSocket');
const MalformedRequest = refusal('request.malformed_http', 400, 'This is not an HTTP request');
const SlowRequest = refusal('request.too_slow', 408, 'The request did not arrive in time');
const HeadersTooLarge = refusal('request.headers_too_large', 431, 'The headers are too large');

interface ServerOptions {
  readonly host: string;
  readonly port: number;
  readonly maxFrame: number;
  readonly admits: (origin: string | undefined) => boolean;
  readonly arrivals: Arrivals;
  /** Whether an address is a balancer's in front. */
  readonly isTrusted: (address: string) => boolean;
  readonly health: Health;
  readonly metrics: Registry;
}

const PATHS = new Set(['/', '/realtime']);
const HEALTH_PATHS = new Set(['/health/live', '/health/ready']);
const FRAMES_PER_MESSAGE = 4;
const HEADERS_WITHIN_MS = 10_000;
const CLOSES_WITHIN_MS = 5_000;

/** The port: WebSockets at `/realtime` and `/`, health for whoever balances the load. */
export class RealtimeServer implements CustomTransportStrategy {
  readonly sockets: WebSocketServer;
  private readonly http: Server;
  private closing = false;

  constructor(private readonly options: ServerOptions) {
    const sockets = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      // A batch may hold a few frames of the greatest size; what is larger still is not even read.
      maxPayload: options.maxFrame * FRAMES_PER_MESSAGE,
      // Text that is not UTF-8 is to be answered, and not to cost the connection.
      skipUTF8Validation: true,
      closeTimeout: CLOSES_WITHIN_MS,
      // By itself `ws` answers all, and tears a socket down without a word when sixty answers wait to leave.
      autoPong: false,
    };
    this.sockets = new WebSocketServer(sockets);
    this.sockets.on('wsClientError', (fault: Error, socket: Duplex, request: IncomingMessage) => {
      answerBare(socket, BadUpgrade(fault.message), request, { 'sec-websocket-version': '13' });
    });
    this.http = createServer({ headersTimeout: HEADERS_WITHIN_MS, requestTimeout: HEADERS_WITHIN_MS }, (request, response) => {
      void this.answer(request, response);
    });
    this.http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => this.upgrade(request, socket, head));
    this.http.on('clientError', ({ code }: NodeJS.ErrnoException, socket) => {
      if (socket.writable) answerBare(socket, wireFault(code));
      else socket.destroy();
    });
  }

  get address(): string {
    const { host } = this.options;
    return `ws://${host.includes(':') ? `[${host}]` : host}:${(this.http.address() as AddressInfo).port}/realtime`;
  }

  listen(callback: (fault?: Error) => void): void {
    this.http.once('error', callback);
    this.http.listen(this.options.port, this.options.host, () => {
      this.http.off('error', callback);
      callback();
    });
  }

  /** From now on nobody new is let in; the others stay. */
  refuseNew(): void {
    this.closing = true;
  }

  async close(): Promise<void> {
    this.refuseNew();
    if (!this.http.listening) return;
    const closed = new Promise((resolve) => this.http.close(resolve));
    this.http.closeAllConnections();
    await closed;
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refused = this.refusalOf(request);
    if (refused) return answerBare(socket, refused, request);
    const after = this.options.arrivals.take(this.addressOf(request));
    if (after > 0) answerBare(socket, TooManyRequests('Connections from this address come too fast'), request, { 'retry-after': String(Math.ceil(after / 1000)) });
    else this.sockets.handleUpgrade(request, socket, head, (client) => this.sockets.emit('connection', client, request));
  }

  private addressOf({ socket, headers }: IncomingMessage): string {
    return clientAddress(socket.remoteAddress ?? '', headers['x-forwarded-for'] as string | undefined, this.options.isTrusted);
  }

  private refusalOf(request: IncomingMessage): Refusal | undefined {
    if (this.closing) return Unavailable('This gateway is shutting down');
    if (!PATHS.has(pathOf(request))) return NoSuchRoute('WebSockets are accepted at /realtime');
    return this.options.admits(request.headers.origin) ? undefined : ForeignOrigin();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = pathOf(request);
    if (HEALTH_PATHS.has(path)) {
      const { status, type, body } = await answer(path, this.options.health, this.options.metrics);
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    } else if (PATHS.has(path)) answerRequest(response, NotAnUpgrade(), { upgrade: 'websocket', connection: 'upgrade' });
    else answerRequest(response, NoSuchRoute());
  }
}

function wireFault(code: string | undefined): Refusal {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return SlowRequest();
  return code === 'HPE_HEADER_OVERFLOW' ? HeadersTooLarge() : MalformedRequest();
}

const pathOf = (request: IncomingMessage): string => (request.url ?? '/').split('?', 1)[0]!;
