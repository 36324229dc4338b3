import { Asker, connectBus, Cursors, ensureStream } from '@mela/bus';
import { keysOverBus, LOG, nestLogger, TokenVerifier, trusts, type Process, type Running } from '@mela/chassis';
import { identity, type Catalogue } from '@mela/contracts';
import { NestFactory } from '@nestjs/core';
import { BrokenFrameFilter } from './broken-frame.filter.ts';
import { Announcer } from './events/announcer.ts';
import { StreamTail } from './events/stream-tail.ts';
import { FramesGateway } from './frames.gateway.ts';
import { RecentEvents } from './history/recent-events.ts';
import { Replays } from './history/replays.ts';
import { Rights } from './history/rights.ts';
import { Arrivals } from './limits/arrivals.ts';
import { measure, type Tally } from './metrics.ts';
import { gatewayName } from './gateway-name.ts';
import { closing } from './protocol/close-codes.ts';
import { Exchange } from './presence/exchange.ts';
import { Neighbours } from './presence/neighbours.ts';
import { Presence } from './presence/presence.ts';
import type { RealtimeSettings } from './settings.ts';
import { RealtimeAdapter } from './socket/adapter.ts';
import { Connections } from './socket/connections.ts';
import { mayConnect } from './socket/origin.ts';
import { RealtimeServer } from './socket/realtime-server.ts';
import { Vigil } from './socket/vigil.ts';
import { Channels } from './topics/channels.ts';
import { Entitlements } from './topics/entitlements.ts';
import { Subscriptions } from './topics/subscriptions.ts';
import { Explainer } from './why/explainer.ts';
import { Inquiries } from './why/inquiries.ts';
import { Journal } from './why/journal.ts';
import { PassedOverEvents } from './why/passed-over.ts';
import { serveWhy } from './why/serve-why.ts';

const NAME = 'realtime';
const RECENT_BYTES = 134_217_728;

/** Brings the gateway up behind the stream it follows, and takes it down in the opposite order. */
export async function startRealtime(catalogue: Catalogue, process: Process, settings: RealtimeSettings): Promise<Running> {
  const log = process.log.child({ service: NAME });
  const { NATS_URL, NATS_CA_FILE } = process.settings;
  const nc = await connectBus({ url: NATS_URL, name: NAME, tls: NATS_CA_FILE ? { caFile: NATS_CA_FILE } : undefined });
  const granting = [...catalogue.topics.values()].map(({ grantedBy }) => grantedBy);
  const asker = new Asker({ nc, mayAsk: new Set([identity.jwks.id, ...granting]), local: process.local });

  const gateway = gatewayName();
  const journal: Journal = new Journal({
    place: () => tail.position.seq, ageMs: settings.REALTIME_RECENT_MINUTES * 60_000,
    placeOf: (cursor) => cursors.open(cursor)?.seq,
  });
  const passedOver = new PassedOverEvents();
  const connections = new Connections(settings.REALTIME_CONNECTIONS_PER_PERSON, journal);
  const channels = new Channels();
  const rights = new Rights();
  const recent = new RecentEvents({
    events: settings.REALTIME_RECENT_EVENTS, ageMs: settings.REALTIME_RECENT_MINUTES * 60_000, bytes: RECENT_BYTES,
  });
  const tally: Tally = { in: 0, out: 0 };
  const closed = measure(process.metrics, { connections, channels, recent, tally });
  const cursors = new Cursors(settings.CURSOR_SECRET);
  const tail: StreamTail = new StreamTail({
    nc, log,
    heard: (event) => announcer.announce(event),
    restored: (id) => passedOver.note(id, 'put_back'),
    begins: ({ seq, at }) => {
      journal.streamBegins(seq);
      recent.begin(seq, at);
      rights.forgetUntil(Number.POSITIVE_INFINITY);
      replays.forget();
    },
    lost: () => connections.closeAll(closing.positionLost),
  });
  const presence: Presence = new Presence({ tellOthers: (...change) => exchange.note(...change) });
  const neighbours = new Neighbours(presence.roll);
  const exchange = new Exchange({ nc, id: gateway, neighbours, presence });
  const replays = new Replays(recent, cursors, () => tail.position.epoch);
  const subscriptions: Subscriptions = new Subscriptions({
    channels, connections, replays, presence, journal, cursors, tail, log,
    entitlements: new Entitlements({ catalogue, asker, rights, recent, end: () => tail.position.seq }),
    limits: { maxTopics: settings.REALTIME_MAX_TOPICS },
  });
  const announcer = new Announcer({ catalogue, channels, recent, rights, cursors, passedOver, revoke: (right) => subscriptions.revoke(right), log });
  const inquiries = new Inquiries({ nc, gateway, explainer: new Explainer({ gateway, recent, journal, passedOver, cursorOf: (seq) => cursors.sign({ epoch: tail.position.epoch, seq }) }), others: () => neighbours.ids });
  const vigil = new Vigil({ authMs: settings.REALTIME_AUTH_MS, pingMs: settings.REALTIME_PING_MS, pongMs: settings.REALTIME_PONG_MS, noticeMs: settings.REALTIME_NOTICE_MS });
  const server = new RealtimeServer({
    host: settings.REALTIME_HOST,
    port: settings.REALTIME_PORT,
    maxFrame: settings.REALTIME_MAX_FRAME,
    admits: (origin) => mayConnect(origin, settings.REALTIME_ORIGINS, settings.MELA_ENV === 'development'),
    arrivals: new Arrivals(settings.REALTIME_CONNECTIONS_PER_SECOND),
    isTrusted: trusts(settings.TRUST_PROXY),
    health: process.health,
    metrics: process.metrics,
  });

  const tokens = new TokenVerifier(keysOverBus(asker));

  const stopBehindTheSockets = async () => {
    vigil.stop();
    presence.stop();
    exchange.stop();
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
        { provide: TokenVerifier, useValue: tokens },
        { provide: LOG, useValue: log },
      ],
    };
    const app = await NestFactory.createMicroservice(module, { strategy: server, logger: nestLogger(log), abortOnError: false });
    app.useWebSocketAdapter(new RealtimeAdapter({
      server, maxFrame: settings.REALTIME_MAX_FRAME, maxBuffered: settings.REALTIME_MAX_BUFFERED,
      framesPerSecond: settings.REALTIME_FRAMES_PER_SECOND, tally, closed, log,
    }));
    exchange.start();
    // The stream first: whoever is let in hears everything from then on.
    await ensureStream(nc, { replicas: process.settings.NATS_REPLICAS });
    await tail.start(settings.REALTIME_RECENT_EVENTS);
    await app.listen();
    const stopWhy = await serveWhy({ nc, inquiries, tokens, metrics: process.metrics, log });
    process.health.add({ name: `${NAME}.stream`, run: () => tail.fault });
    process.health.add({ name: `${NAME}.bus`, run: async () => void (await nc.rtt()) });
    return {
      addresses: { realtime: server.address },
      stop: async () => {
        server.refuseNew();
        await stopWhy();
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
