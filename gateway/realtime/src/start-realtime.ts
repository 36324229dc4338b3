import { Asker, Cursors, needStream } from '@mela/bus';
import { keysOverBus, LOG, nestLogger, openBus, RevokedSessions, TokenVerifier, trusts, type Process, type Running } from '@mela/chassis';
import type { Catalogue } from '@mela/contracts';
import { NestFactory } from '@nestjs/core';
import { BrokenFrameFilter } from './broken-frame.filter.ts';
import { Announcer } from './events/announcer.ts';
import { StreamTail } from './events/stream-tail.ts';
import { ToldFrames } from './events/told-frames.ts';
import { Feeds } from './feed/feeds.ts';
import { FramesGateway } from './frames.gateway.ts';
import { RecentEvents } from './history/recent-events.ts';
import { Replays } from './history/replays.ts';
import { Rights } from './history/rights.ts';
import { gatewayName } from './gateway-name.ts';
import { EventStreams } from './http/event-streams.ts';
import { Polls } from './http/polls.ts';
import { Visitors } from './http/visitors.ts';
import { Arrivals } from './limits/arrivals.ts';
import { Questions } from './limits/questions.ts';
import { measure, type Tally } from './metrics.ts';
import { askedBy, NAME } from './needs.ts';
import { serveOperations } from './operations.ts';
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
import { TICKET_MS, Tickets } from './tickets/tickets.ts';
import { TicketBucket } from './tickets/ticket-bucket.ts';
import { Channels } from './topics/channels.ts';
import { Entitlements } from './topics/entitlements.ts';
import { Subscriptions } from './topics/subscriptions.ts';
import { Explainer } from './why/explainer.ts';
import { Inquiries } from './why/inquiries.ts';
import { Journal } from './why/journal.ts';
import { PassedOverEvents } from './why/passed-over.ts';

/** Brings the gateway up behind the stream it follows, and takes it down in the opposite order. */
export async function startRealtime(catalogue: Catalogue, process: Process, settings: RealtimeSettings): Promise<Running> {
  const log = process.log.child({ service: NAME });
  const nc = await openBus(process, NAME, log);
  const asker = new Asker({ nc, mayAsk: new Set(askedBy(catalogue).map(({ id }) => id)), local: process.local });

  const gateway = gatewayName();
  const journal: Journal = new Journal({
    place: () => tail.position.seq, ageMs: settings.REALTIME_RECENT_MINUTES * 60_000,
    placeOf: (cursor) => cursors.open(cursor)?.seq,
  });
  const passedOver = new PassedOverEvents();
  const connections = new Connections(settings.REALTIME_CONNECTIONS_PER_PERSON, journal);
  const channels = new Channels(() => feeds.stirred());
  const rights = new Rights();
  const recent = new RecentEvents({
    events: settings.REALTIME_RECENT_EVENTS, ageMs: settings.REALTIME_RECENT_MINUTES * 60_000, bytes: settings.REALTIME_RECENT_BYTES,
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
      feeds.beginAfter(seq);
    },
    lost: () => connections.closeAll(closing.positionLost),
  });
  const frames = new ToldFrames(cursors, () => tail.position.epoch);
  const presence: Presence = new Presence({ tellOthers: (...change) => exchange.note(...change) });
  const neighbours = new Neighbours(presence.roll);
  const exchange = new Exchange({ nc, id: gateway, neighbours, presence });
  const replays = new Replays(recent, cursors, () => tail.position.epoch);
  const questions = new Questions(settings.REALTIME_QUESTIONS_PER_SECOND);
  const subscriptions: Subscriptions = new Subscriptions({
    channels, connections, replays, presence, journal, cursors, tail, questions, log,
    entitlements: new Entitlements({ catalogue, asker, rights, recent, end: () => tail.position.seq }),
    limits: { maxTopics: settings.REALTIME_MAX_TOPICS },
  });
  const feeds: Feeds = new Feeds({ recent, frames, channels, subscriptions, cursors, tail });
  const announcer = new Announcer({ catalogue, channels, recent, rights, frames, passedOver, revoke: (right) => subscriptions.revoke(right), log });
  const explainer = new Explainer({ gateway, recent, journal, passedOver, cursorOf: (seq) => cursors.sign({ epoch: tail.position.epoch, seq }) });
  const inquiries = new Inquiries({ nc, gateway, explainer, others: () => neighbours.ids });
  const vigil = new Vigil({ authMs: settings.REALTIME_AUTH_MS, pingMs: settings.REALTIME_PING_MS, pongMs: settings.REALTIME_PONG_MS, noticeMs: settings.REALTIME_NOTICE_MS });
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
  const revoked = new RevokedSessions();
  const tokens = new TokenVerifier(keysOverBus(asker), Date.now, revoked);
  const tickets = new Tickets(new TicketBucket(nc, { keptMs: TICKET_MS, replicas: process.settings.NATS_REPLICAS ?? 1 }), log);

  let stopFollowing = async () => {};
  const stopBehindTheSockets = async () => {
    vigil.stop();
    presence.stop();
    exchange.stop();
    await stopFollowing();
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
      gateway: app.get(FramesGateway), connections, vigil, tokens, tickets, questions, tally,
      limits: { maxTopics: settings.REALTIME_MAX_TOPICS, maxBuffered: settings.REALTIME_MAX_BUFFERED },
    });
    const streams = new EventStreams({ visitors, feeds, pingMs: settings.REALTIME_PING_MS, closed });
    const polls = new Polls({ visitors, feeds, now: () => cursors.sign(tail.position) });
    server.route('/realtime/events', { transport: 'sse', answer: (request, response) => streams.answer(request, response) });
    server.route('/realtime/poll', { transport: 'poll', answer: (request, response) => polls.answer(request, response) });
    exchange.start();
    // The stream first: whoever is let in hears everything from then on.
    await needStream(nc);
    stopFollowing = await revoked.follow({ nc, name: NAME, log }, ({ userId, sessionId }) => connections.closeThoseOf(userId, sessionId));
    await tail.start(settings.REALTIME_RECENT_EVENTS);
    await app.listen();
    const stopOperations = await serveOperations({ nc, local: process.local, tickets, inquiries, tokens, metrics: process.metrics, log });
    process.health.add({ name: `${NAME}.stream`, run: () => tail.fault });
    process.health.add({ name: `${NAME}.bus`, run: async () => void (await nc.rtt()) });
    return {
      addresses: { realtime: server.address },
      stop: async () => {
        server.refuseNew();
        await stopOperations();
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
