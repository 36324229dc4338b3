import { Credentials, LOG, nestLogger, TokenVerifier, trusts, type Process } from '@mela/chassis';
import type { INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Logger } from 'pino';
import type { Audience } from './audience.ts';
import { BrokenFrameFilter } from './broken-frame.filter.ts';
import { FramesGateway } from './frames.gateway.ts';
import { EventStreams } from './http/event-streams.ts';
import { Polls } from './http/polls.ts';
import { Visitors } from './http/visitors.ts';
import { Arrivals } from './limits/arrivals.ts';
import type { Memory } from './memory.ts';
import type { measure, Tally } from './metrics.ts';
import type { RealtimeSettings } from './settings.ts';
import { RealtimeAdapter } from './socket/adapter.ts';
import { Connections } from './socket/connections.ts';
import { mayConnect } from './socket/origin.ts';
import { RealtimeServer } from './socket/realtime-server.ts';
import { Vigil } from './socket/vigil.ts';
import { Tickets } from './tickets/tickets.ts';
import { Subscriptions } from './topics/subscriptions.ts';

/** How people come in: the port, the application behind its WebSockets, and the ways of plain HTTP. */
export interface Doors {
  readonly server: RealtimeServer;
  readonly app: INestMicroservice;
}

interface Parts {
  readonly process: Pick<Process, 'health' | 'metrics'>;
  readonly settings: RealtimeSettings;
  readonly memory: Memory;
  readonly audience: Audience;
  readonly vigil: Vigil;
  readonly tokens: TokenVerifier;
  readonly credentials: Credentials;
  readonly tickets: Tickets;
  readonly tally: Tally;
  readonly closed: ReturnType<typeof measure>;
  readonly log: Logger;
}

/** They stay shut until the application listens. */
export async function doorsTo({ process, settings, memory, audience, vigil, tokens, credentials, tickets, tally, closed, log }: Parts): Promise<Doors> {
  const { connections, subscriptions, questions, feeds } = audience;
  const server = new RealtimeServer({
    host: settings.REALTIME_HOST,
    port: settings.REALTIME_PORT,
    maxFrame: settings.REALTIME_MAX_FRAME,
    transports: settings.REALTIME_TRANSPORTS,
    admits: (origin) => mayConnect(origin, settings.REALTIME_ORIGINS, settings.MELA_ENV === 'development'),
    arrivals: new Arrivals(settings.REALTIME_CONNECTIONS_PER_SECOND),
    isTrusted: trusts(settings.TRUST_PROXY),
    health: process.health,
    metrics: process.metrics,
    log,
  });
  const module = {
    module: class RealtimeModule {},
    providers: [
      FramesGateway,
      BrokenFrameFilter,
      { provide: Connections, useValue: connections },
      { provide: Subscriptions, useValue: subscriptions },
      { provide: Vigil, useValue: vigil },
      { provide: Credentials, useValue: credentials },
      { provide: Tickets, useValue: tickets },
      { provide: LOG, useValue: log },
    ],
  };
  const app = await NestFactory.createMicroservice(module, { strategy: server, logger: nestLogger(log), abortOnError: false });
  app.useWebSocketAdapter(new RealtimeAdapter({
    server, maxFrame: settings.REALTIME_MAX_FRAME, maxBuffered: settings.REALTIME_MAX_BUFFERED,
    framesPerSecond: settings.REALTIME_FRAMES_PER_SECOND, tally, closed, log,
  }));
  const visitors = new Visitors({
    gateway: app.get(FramesGateway), connections, vigil, tokens, credentials, tickets, questions, tally, addressOf: (request) => server.addressOf(request),
    limits: { maxTopics: settings.REALTIME_MAX_TOPICS, maxBuffered: settings.REALTIME_MAX_BUFFERED },
  });
  const streams = new EventStreams({ visitors, feeds, pingMs: settings.REALTIME_PING_MS, closed });
  const polls = new Polls({ visitors, feeds, now: () => memory.cursors.sign(memory.tail.position) });
  server.route('/realtime/events', { transport: 'sse', answer: (request, response) => streams.answer(request, response) });
  server.route('/realtime/poll', { transport: 'poll', answer: (request, response) => polls.answer(request, response) });
  return { server, app };
}
