import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { PROBLEM, problem } from '@mela/bus';
import { answer, type Health } from '@mela/chassis';
import { NoSuchRoute, refusal, Unavailable, type Refusal } from '@mela/contracts';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import type { Registry } from 'prom-client';
import { WebSocketServer } from 'ws';

const ForeignOrigin = refusal('origin.refused', 403, 'Pages of this origin may not connect');
const NotAnUpgrade = refusal('realtime.upgrade', 426, 'This address speaks WebSocket');

interface ServerOptions {
  readonly host: string;
  readonly port: number;
  readonly maxFrame: number;
  readonly admits: (origin: string | undefined) => boolean;
  readonly health: Health;
  readonly metrics: Registry;
}

const PATHS = new Set(['/', '/realtime']);
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
    };
    this.sockets = new WebSocketServer(sockets);
    this.http = createServer({ headersTimeout: HEADERS_WITHIN_MS, requestTimeout: HEADERS_WITHIN_MS }, (request, response) => {
      void this.answer(request, response);
    });
    this.http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => this.upgrade(request, socket, head));
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
    if (!refused) {
      this.sockets.handleUpgrade(request, socket, head, (client) => this.sockets.emit('connection', client, request));
      return;
    }
    socket.on('error', () => socket.destroy());
    const body = JSON.stringify(problem(refused, undefined));
    const lines = [
      `HTTP/1.1 ${refused.status} ${STATUS_CODES[refused.status]}`,
      'Connection: close',
      `Content-Type: ${PROBLEM}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
  }

  private refusalOf(request: IncomingMessage): Refusal | undefined {
    if (this.closing) return Unavailable('This gateway is shutting down');
    if (!PATHS.has(pathOf(request))) return NoSuchRoute('WebSockets are accepted at /realtime');
    return this.options.admits(request.headers.origin) ? undefined : ForeignOrigin();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = pathOf(request);
    if (path.startsWith('/health/')) {
      const { status, type, body } = await answer(path, this.options.health, this.options.metrics);
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
      return;
    }
    const refused = PATHS.has(path) ? NotAnUpgrade() : NoSuchRoute();
    response
      .writeHead(refused.status, { 'content-type': PROBLEM, ...(refused.status === 426 ? { upgrade: 'websocket', connection: 'upgrade' } : {}) })
      .end(JSON.stringify(problem(refused, undefined)));
  }
}

const pathOf = (request: IncomingMessage): string => (request.url ?? '/').split('?', 1)[0]!;
