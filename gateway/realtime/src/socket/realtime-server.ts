import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { answer, clientAddress, type Health } from '@mela/chassis';
import { Broken, MethodNotAllowed, NoSuchRoute, refusal, TooManyRequests, type Refusal } from '@mela/contracts';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { WebSocketServer } from 'ws';
import { answerPreflight, letRead } from '../http/cross-origin.ts';
import type { Arrivals } from '../limits/arrivals.ts';
import { ShuttingDown, TransportOff } from '../protocol/faults.ts';
import type { Transport } from '../settings.ts';
import { answerBare, answerRequest } from './problem-answers.ts';

const ForeignOrigin = refusal('origin.refused', 403, 'Pages of this origin may not connect');
const NotAnUpgrade = refusal('realtime.upgrade', 426, 'This address speaks WebSocket');
const BadUpgrade = refusal('realtime.bad_upgrade', 400, 'This is not the handshake of a WebSocket');
const MalformedRequest = refusal('request.malformed_http', 400, 'This is not an HTTP request');
const TooFast = () => TooManyRequests('Connections from this address come too fast');
const SlowRequest = refusal('request.too_slow', 408, 'The request did not arrive in time');
const HeadersTooLarge = refusal('request.headers_too_large', 431, 'The headers are too large');

interface ServerOptions {
  readonly host: string;
  readonly port: number;
  readonly maxFrame: number;
  readonly transports: readonly Transport[];
  readonly admits: (origin: string | undefined) => boolean;
  readonly arrivals: Arrivals;
  /** Whether an address is a balancer's in front. */
  readonly isTrusted: (address: string) => boolean;
  readonly health: Health;
  readonly metrics: Registry;
  readonly log: Logger;
}

interface Route {
  readonly transport: Transport;
  readonly answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
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
  private readonly routes = new Map<string, Route>();
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
      this.answer(request, response).catch((error: unknown) => {
        this.options.log.error({ err: error, path: pathOf(request) }, 'request failed');
        if (response.headersSent) response.destroy();
        else answerRequest(response, Broken());
      });
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

  /** What else is answered on this port: `GET` and nothing else. */
  route(path: string, route: Route): void {
    this.routes.set(path, route);
  }

  listen(callback: (fault?: Error) => void): void {
    this.http.once('error', callback);
    this.http.listen(this.options.port, this.options.host, () => {
      this.http.off('error', callback);
      callback();
    });
  }

  /** Where a client is, as far as the balancers in front are believed. */
  addressOf({ socket, headers }: IncomingMessage): string {
    return clientAddress(socket.remoteAddress ?? '', headers['x-forwarded-for'] as string | undefined, this.options.isTrusted);
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
    const after = this.secondsUntilLetIn(request);
    if (after > 0) answerBare(socket, TooFast(), request, { 'retry-after': String(after) });
    else this.sockets.handleUpgrade(request, socket, head, (client) => this.sockets.emit('connection', client, request));
  }

  /** Connections are counted by the address they come from; 0 where this one is not too many. */
  private secondsUntilLetIn(request: IncomingMessage): number {
    return Math.ceil(this.options.arrivals.take(this.addressOf(request)) / 1000);
  }

  private refusalOf(request: IncomingMessage): Refusal | undefined {
    if (this.closing) return ShuttingDown();
    if (!PATHS.has(pathOf(request))) return NoSuchRoute('WebSockets are accepted at /realtime');
    if (!this.isOn('websocket')) return this.transportOff();
    return this.options.admits(request.headers.origin) ? undefined : ForeignOrigin();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = pathOf(request);
    if (HEALTH_PATHS.has(path)) {
      const { status, type, body } = await answer(path, this.options.health, this.options.metrics);
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
      return;
    }
    const route = this.routes.get(path);
    if (!route && !PATHS.has(path)) return answerRequest(response, NoSuchRoute());
    if (!this.options.admits(request.headers.origin)) return answerRequest(response, ForeignOrigin());
    letRead(request, response);
    if (request.method === 'OPTIONS') return answerPreflight(response);
    if (request.method !== 'GET') return answerRequest(response, MethodNotAllowed(), { allow: 'GET, OPTIONS' });
    if (!route) return this.tellTransports(response);
    if (this.closing) return answerRequest(response, ShuttingDown());
    if (!this.isOn(route.transport)) return answerRequest(response, this.transportOff());
    const after = this.secondsUntilLetIn(request);
    if (after > 0) return answerRequest(response, TooFast(), { 'retry-after': String(after) });
    await route.answer(request, response);
  }

  private tellTransports(response: ServerResponse): void {
    if (!this.isOn('websocket')) return answerRequest(response, this.transportOff());
    answerRequest(response, NotAnUpgrade(undefined, { transports: this.options.transports }), { upgrade: 'websocket', connection: 'upgrade' });
  }

  private isOn(transport: Transport): boolean {
    return this.options.transports.includes(transport);
  }

  private transportOff(): Refusal {
    return TransportOff(undefined, { transports: this.options.transports });
  }
}

function wireFault(code: string | undefined): Refusal {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return SlowRequest();
  return code === 'HPE_HEADER_OVERFLOW' ? HeadersTooLarge() : MalformedRequest();
}

const pathOf = (request: IncomingMessage): string => (request.url ?? '/').split('?', 1)[0]!;
