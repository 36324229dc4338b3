import { Asker, Cursors, needStream } from '@mela/bus';
import { keysOverBus, LOG, nestLogger, openBus, TokenVerifier, type Process, type Running } from '@mela/chassis';
import type { Catalogue } from '@mela/contracts';
import { NestFactory } from '@nestjs/core';
import { BrokenFrameFilter } from './broken-frame.filter.ts';
import { Announcer } from './events/announcer.ts';
import { StreamTail } from './events/stream-tail.ts';
import { FramesGateway } from './frames.gateway.ts';
import { measure, type Tally } from './metrics.ts';
import { askedBy, NAME } from './needs.ts';
import { closing } from './protocol/close-codes.ts';
import type { RealtimeSettings } from './settings.ts';
import { RealtimeAdapter } from './socket/adapter.ts';
import { Connections } from './socket/connections.ts';
import { mayConnect } from './socket/origin.ts';
import { RealtimeServer } from './socket/realtime-server.ts';
import { Vigil } from './socket/vigil.ts';
import { Grants } from './topics/grants.ts';
import { Subscriptions } from './topics/subscriptions.ts';
import { Topics } from './topics/topics.ts';

/** Brings the gateway up behind the stream it follows, and takes it down in the opposite order. */
export async function startRealtime(catalogue: Catalogue, process: Process, settings: RealtimeSettings): Promise<Running> {
  const log = process.log.child({ service: NAME });
  const nc = await openBus(process, NAME, log);
  const asker = new Asker({ nc, mayAsk: new Set(askedBy(catalogue).map(({ id }) => id)), local: process.local });

  const connections = new Connections();
  const topics = new Topics();
  const tally: Tally = { in: 0, out: 0 };
  const closed = measure(process.metrics, { connections, topics, tally });
  const cursors = new Cursors(settings.CURSOR_SECRET);
  const announcer = new Announcer({ catalogue, topics, cursors, log });
  const tail = new StreamTail({ nc, heard: (event) => announcer.announce(event), lost: () => connections.closeAll(closing.positionLost), log });
  const subscriptions = new Subscriptions({
    topics, cursors, log,
    grants: new Grants(catalogue, asker),
    position: () => tail.position,
    limits: { maxTopics: settings.REALTIME_MAX_TOPICS, maxHeld: settings.REALTIME_MAX_BUFFERED },
  });
  const vigil = new Vigil({ authMs: settings.REALTIME_AUTH_MS, pingMs: settings.REALTIME_PING_MS, pongMs: settings.REALTIME_PONG_MS });
  const server = new RealtimeServer({
    host: settings.REALTIME_HOST,
    port: settings.REALTIME_PORT,
    maxFrame: settings.REALTIME_MAX_FRAME,
    admits: (origin) => mayConnect(origin, settings.REALTIME_ORIGINS, settings.MELA_ENV === 'development'),
    health: process.health,
    metrics: process.metrics,
  });

  const stopBehindTheSockets = async () => {
    vigil.stop();
    await tail.stop();
    await nc.close();
  };
  try {
    const module = {
      module: class RealtimeModule {},
      providers: [
        FramesGateway,
        BrokenFrameFilter,
        { provide: Connections, useValue: connections },
        { provide: Subscriptions, useValue: subscriptions },
        { provide: Vigil, useValue: vigil },
        { provide: TokenVerifier, useValue: new TokenVerifier(keysOverBus(asker)) },
        { provide: LOG, useValue: log },
      ],
    };
    const app = await NestFactory.createMicroservice(module, { strategy: server, logger: nestLogger(log), abortOnError: false });
    app.useWebSocketAdapter(new RealtimeAdapter({
      server, maxFrame: settings.REALTIME_MAX_FRAME, maxBuffered: settings.REALTIME_MAX_BUFFERED,
      framesPerSecond: settings.REALTIME_FRAMES_PER_SECOND, tally, closed, log,
    }));
    // The stream first: whoever is let in hears everything from then on.
    await needStream(nc);
    await tail.start();
    await app.listen();
    process.health.add({ name: `${NAME}.stream`, run: () => tail.fault });
    process.health.add({ name: `${NAME}.bus`, run: async () => void (await nc.rtt()) });
    return {
      addresses: { realtime: server.address },
      stop: async () => {
        server.refuseNew();
        await connections.drain();
        await app.close();
        await stopBehindTheSockets();
      },
    };
  } catch (error) {
    await stopBehindTheSockets();
    throw error;
  }
}
