import { Asker, needStream } from '@mela/bus';
import { Credentials, KeyExchange, keysOverBus, openBus, RevokedSessions, TokenVerifier, type Process, type Running } from '@mela/chassis';
import type { Catalogue } from '@mela/contracts';
import { audienceOf, type Audience } from './audience.ts';
import { doorsTo } from './doors.ts';
import { gatewayName } from './gateway-name.ts';
import { memoryOf, type Memory } from './memory.ts';
import { measure, type Tally } from './metrics.ts';
import { askedBy, NAME } from './needs.ts';
import { serveOperations } from './operations.ts';
import { closing } from './protocol/close-codes.ts';
import type { RealtimeSettings } from './settings.ts';
import { Vigil } from './socket/vigil.ts';
import { TICKET_MS, Tickets } from './tickets/tickets.ts';
import { TicketBucket } from './tickets/ticket-bucket.ts';
import { Explainer } from './why/explainer.ts';
import { Inquiries } from './why/inquiries.ts';

/** Brings the gateway up behind the stream it follows, and takes it down in the opposite order. */
export async function startRealtime(catalogue: Catalogue, process: Process, settings: RealtimeSettings): Promise<Running> {
  const log = process.log.child({ service: NAME });
  const nc = await openBus(process, NAME, log);
  const asker = new Asker({ nc, mayAsk: new Set(askedBy(catalogue).map(({ id }) => id)), local: process.local });

  const gateway = gatewayName();
  const memory: Memory = memoryOf({
    nc, settings, log,
    heard: (event) => audience.announcer.announce(event),
    forgets: () => audience.channels.tellNow(),
    begins: (after) => audience.feeds.beginAfter(after),
    lost: () => audience.connections.closeAll(closing.positionLost),
  });
  const audience: Audience = audienceOf({ catalogue, nc, asker, gateway, settings, memory, log });
  const { tail, cursors, recent, journal, passedOver } = memory;
  const { connections, channels, presence, neighbours, exchange } = audience;
  const tally: Tally = { in: 0, out: 0 };
  const closed = measure(process.metrics, { connections, channels, recent, tally });
  const explainer = new Explainer({ gateway, recent, journal, passedOver, cursorOf: (seq) => cursors.sign({ epoch: tail.position.epoch, seq }) });
  const inquiries = new Inquiries({ nc, gateway, explainer, others: () => neighbours.ids });
  const vigil = new Vigil({ authMs: settings.REALTIME_AUTH_MS, pingMs: settings.REALTIME_PING_MS, pongMs: settings.REALTIME_PONG_MS, noticeMs: settings.REALTIME_NOTICE_MS });
  const revoked = new RevokedSessions();
  const tokens = new TokenVerifier(keysOverBus(asker), Date.now, revoked);
  const credentials = new Credentials(tokens, new KeyExchange(asker));
  const tickets = new Tickets(new TicketBucket(nc, { keptMs: TICKET_MS, replicas: process.settings.NATS_REPLICAS ?? 1 }), log);

  let [stopFollowing, stopOverhearing] = [async () => {}, () => {}];
  const stopBehindTheSockets = async () => {
    vigil.stop();
    presence.stop();
    exchange.stop();
    stopOverhearing();
    await stopFollowing();
    await tail.stop();
    await nc.close();
  };
  try {
    const { server, app } = await doorsTo({ process, settings, memory, audience, vigil, tokens, credentials, tickets, tally, closed, log });
    exchange.start();
    // The stream first: whoever is let in hears everything from then on.
    await needStream(nc);
    stopFollowing = await revoked.follow({ nc, name: NAME, log }, ({ userId, sessionId }) => connections.closeThoseOf(userId, sessionId));
    stopOverhearing = tokens.keys.follow({ nc, log }, () => void connections.closeThoseWithout((session) => tokens.isGood(session)));
    await tail.start(settings.REALTIME_RECENT_EVENTS);
    await app.listen();
    const stopOperations = await serveOperations({ nc, local: process.local, tickets, inquiries, tokens, metrics: process.metrics, log });
    process.health.add({ name: `${NAME}.stream`, run: () => tail.fault });
    process.health.add({ name: `${NAME}.sessions`, run: () => revoked.fault });
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
