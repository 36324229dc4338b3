import type { Server } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * Stops without failing a request. New connections are refused at once. Open ones are served for a moment, each
 * answer asking its client to come back on another connection, and only those that stay silent are closed: closing
 * all idle ones at once would cut off requests that are on their way already.
 */
export class GracefulStop {
  private stopping = false;
  private readonly connections = new Set<Socket>();

  constructor(
    private readonly server: FastifyInstance,
    private readonly patience = { lingerMs: 500, finishMs: 20_000 },
  ) {
    server.server.on('connection', (socket: Socket) => {
      this.connections.add(socket);
      socket.once('close', () => this.connections.delete(socket));
    });
    server.addHook('onRequest', (_request, reply, done) => {
      if (this.stopping) reply.header('connection', 'close');
      done();
    });
    // Answers to requests that were under way when the stop began.
    server.addHook('onSend', (_request, reply, _payload, done) => {
      if (this.stopping) reply.header('connection', 'close');
      done();
    });
  }

  async stop(): Promise<void> {
    this.stopping = true;
    const http: Server = this.server.server;
    if (!http.listening) return;
    // The HTTP server's own close() would begin with closing all idle connections.
    const closed = new Promise((resolve) => NetServer.prototype.close.call(http, resolve));
    const linger = setTimeout(() => this.closeSilent(http), this.patience.lingerMs);
    const finish = setTimeout(() => http.closeAllConnections(), this.patience.finishMs);
    await closed;
    clearTimeout(linger);
    clearTimeout(finish);
  }

  private closeSilent(http: Server): void {
    http.closeIdleConnections();
    // To the server a connection that never said anything is not idle but about to begin.
    for (const socket of this.connections) if (socket.bytesRead === 0) socket.destroy();
  }
}
