import { Asker, Cursors, needStream, StreamPosition } from '@mela/bus';
import { Credentials, KeyExchange, keysOverBus, leadsToAccountPages, nestLogger, openBus, openRedis, RevokedSessions, TokenVerifier, Undo, type Process, type Running } from '@mela/chassis';
import type { Catalogue } from '@mela/contracts';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';
import { ProblemFilter } from './answers/problem-filter.ts';
import { withGateway } from './batch/batch.contract.ts';
import { Batch } from './batch/batch.ts';
import { SessionCookies } from './cookies/session-cookies.ts';
import { RateLimits } from './limits/rate-limits.ts';
import { AccountController } from './own-routes/account.controller.ts';
import { DocsController } from './own-routes/docs.controller.ts';
import { CATALOGUE, DocumentsController } from './own-routes/documents.controller.ts';
import { HEALTH, HealthController, METRICS } from './own-routes/health.controller.ts';
import { ReadCursors } from './reads/read-cursors.ts';
import { Forward } from './routes/forward.ts';
import { routeOperations } from './routes/operations.ts';
import { RouteTable } from './routes/route-table.ts';
import { createAdapter } from './server/adapter.ts';
import { takeBodies } from './server/bodies.ts';
import { lookFirst } from './server/first-look.ts';
import { GracefulStop } from './server/graceful-stop.ts';
import { observe } from './server/observed.ts';
import { protect } from './server/protections.ts';
import type { ApiSettings } from './settings.ts';

/** Brings the gateway up on the bus, and takes it down in the opposite order. */
export async function startApi(catalogue: Catalogue, process: Process, settings: ApiSettings): Promise<Running> {
  const log = process.log.child({ service: 'api' });
  const undo = new Undo();
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= undo.all());

  try {
    const nc = await openBus(process, 'api', log);
    undo.push(() => nc.close());
    const asker = new Asker({ nc, mayAsk: 'anything', local: process.local, timeoutMs: settings.REQUEST_TIMEOUT_MS });

    await needStream(nc);
    const revoked = new RevokedSessions();
    undo.push(await revoked.follow({ nc, name: 'api', log }));

    const tokens = new TokenVerifier(keysOverBus(asker), Date.now, revoked);
    undo.push(tokens.keys.follow({ nc, log }));

    const limits = await openLimits(catalogue, process, settings, undo);
    const forward = new Forward({
      asker, limits, log,
      credentials: new Credentials(tokens, new KeyExchange(asker)),
      cursors: new ReadCursors(new StreamPosition(nc), new Cursors(settings.CURSOR_SECRET), log),
      cookies: new SessionCookies(settings.CORS_ORIGINS),
      renewal: [...catalogue.operations.values()].find(({ session }) => session === 'renews'),
      timeoutMs: settings.REQUEST_TIMEOUT_MS,
    });

    const app = await NestFactory.create<NestFastifyApplication>(module(catalogue, process, settings), createAdapter(settings), {
      logger: nestLogger(log), bodyParser: false, abortOnError: false,
    });
    undo.push(() => app.close());
    const server = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
    const graceful = new GracefulStop(server);
    const routes = new RouteTable();
    app.useGlobalFilters(new ProblemFilter(routes, log));
    observe(server, log, process.metrics);
    await protect(server, settings);
    lookFirst(server, routes);
    takeBodies(server);
    server.addHook('onRoute', ({ url, method }) => void (url !== '*' && routes.add(url, method)));
    routeOperations(server, catalogue, forward);
    new Batch(server, { catalogue, limits, timeoutMs: settings.REQUEST_TIMEOUT_MS }).route();

    for (const check of [{ name: 'api.bus', run: () => asker.fault }, { name: 'api.sessions', run: () => revoked.fault }]) {
      process.health.add(check);
      undo.push(() => process.health.remove(check.name));
    }
    await listen(app, settings);
    undo.push(() => graceful.stop());
    return { addresses: { api: addressOf(server, settings) }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const module = (catalogue: Catalogue, { health, metrics }: Process, { WEB_URL }: ApiSettings) => ({
  module: class ApiModule {},
  controllers: [HealthController, DocumentsController, DocsController, ...(leadsToAccountPages(WEB_URL) ? [AccountController] : [])],
  providers: [{ provide: CATALOGUE, useValue: withGateway(catalogue) }, { provide: HEALTH, useValue: health }, { provide: METRICS, useValue: metrics }],
});

async function openLimits(catalogue: Catalogue, process: Process, settings: ApiSettings, undo: Undo): Promise<RateLimits | undefined> {
  if (settings.RATE_LIMITS === 'off') return undefined;
  const redis = openRedis(settings.REDIS_URL, 'api');
  undo.push(() => redis.disconnect());
  // Waited for, so that the first request is counted; not insisted on, since the gateway serves without it too.
  await redis.connect().catch(() => undefined);
  return new RateLimits({ redis, catalogue: withGateway(catalogue), addressLimit: settings.ADDRESS_LIMIT, log: process.log, metrics: process.metrics });
}

async function listen(app: NestFastifyApplication, { API_HOST, API_PORT }: ApiSettings): Promise<void> {
  try {
    await app.listen({ host: API_HOST, port: API_PORT });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(`Port ${API_PORT} on ${API_HOST} is in use: set API_PORT to another one, or to 0 for any that is free`, { cause: error });
  }
}

function addressOf(server: FastifyInstance, { API_HOST }: ApiSettings): string {
  const { port } = server.server.address() as AddressInfo;
  return `http://${API_HOST.includes(':') ? `[${API_HOST}]` : API_HOST}:${port}`;
}
