import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import type { Health } from './health.ts';

/** `/health/live`, `/health/ready` and `/metrics` of a process: for the machines that watch it, apart from its callers. */
export class OpsServer {
  private constructor(
    private readonly server: Server,
    readonly address: string,
  ) {}

  static async listen(at: { host: string; port: number }, health: Health, metrics: Registry): Promise<OpsServer> {
    const server = createServer((request, response) => {
      void answer(request.url ?? '/', health, metrics)
        .catch((error: Error) => json(500, { title: 'The answer could not be made', detail: error.message }))
        .then(({ status, type, body }) => response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(at.port, at.host, resolve);
    });
    const { port } = server.address() as AddressInfo;
    return new OpsServer(server, `http://${at.host}:${port}`);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export interface OpsAnswer {
  status: number;
  type: string;
  body: string;
}

/** Shared by the process's own port and the gateways' public one. */
export async function answer(path: string, health: Health, metrics: Registry): Promise<OpsAnswer> {
  if (path === '/health/live') return json(200, { live: true });
  if (path === '/health/ready') {
    const verdict = await health.verdict();
    return json(verdict.ready ? 200 : 503, verdict);
  }
  if (path === '/metrics') return { status: 200, type: metrics.contentType, body: await metrics.metrics() };
  return json(404, { title: 'There are /health/live, /health/ready and /metrics here' });
}

const json = (status: number, value: unknown): OpsAnswer => ({ status, type: 'application/json', body: JSON.stringify(value) });
