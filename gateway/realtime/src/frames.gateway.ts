import { reach } from '@mela/bus';
import { Credentials } from '@mela/chassis';
import { isRefusal, topic, type Refusal } from '@mela/contracts';
import { UseFilters } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway, type OnGatewayConnection, type OnGatewayDisconnect } from '@nestjs/websockets';
import { BrokenFrameFilter } from './broken-frame.filter.ts';
import { closing } from './protocol/close-codes.ts';
import { ConnectedAlready, ConnectFirst, OtherKey, OtherPerson, TooManyConnections } from './protocol/faults.ts';
import type { AuthFrame, ConnectFrame, SubFrame, UnsubFrame } from './protocol/incoming.ts';
import { connected, refreshed } from './protocol/outgoing.ts';
import { hearsOwn, sessionOf, type Connection } from './socket/connection.ts';
import { Connections } from './socket/connections.ts';
import { Vigil } from './socket/vigil.ts';
import { Tickets } from './tickets/tickets.ts';
import { Subscriptions } from './topics/subscriptions.ts';

/** A handler per frame. It knows no business: topics and those who grant them come from the contracts. */
@WebSocketGateway()
@UseFilters(BrokenFrameFilter)
export class FramesGateway implements OnGatewayConnection<Connection>, OnGatewayDisconnect<Connection> {
  constructor(
    private readonly connections: Connections,
    private readonly subscriptions: Subscriptions,
    private readonly vigil: Vigil,
    private readonly credentials: Credentials,
    private readonly tickets: Tickets,
  ) {}

  handleConnection(connection: Connection): void {
    this.connections.add(connection);
    this.vigil.begin(connection);
    reach('realtime.accepted');
  }

  handleDisconnect(connection: Connection): void {
    this.vigil.end(connection);
    this.connections.delete(connection);
    this.subscriptions.endAll(connection);
  }

  @SubscribeMessage('connect')
  async connect(connection: Connection, frame: ConnectFrame): Promise<void> {
    if (connection.session || connection.connecting) return connection.refuse(frame.i, ConnectedAlready());
    connection.connecting = true;
    try {
      const token = frame.token ?? (await this.tickets.redeem(frame.ticket!));
      if (isRefusal(token)) return this.turnAway(connection, frame, token);
      const recognised = await this.credentials.recognise(token, connection.from);
      if (isRefusal(recognised)) return this.turnAway(connection, frame, recognised);
      const { personId } = recognised.caller;
      if (!connection.isOpen) return;
      if (this.connections.areTooManyOf(personId)) {
        connection.refuse(frame.i, TooManyConnections());
        return connection.close(closing.tooMany);
      }
      reach('realtime.admitting');
      connection.session = sessionOf(recognised);
    } finally {
      connection.connecting = false;
    }
    this.welcome(connection, frame);
  }

  @SubscribeMessage('sub')
  sub(connection: Connection, frame: SubFrame): Promise<void> {
    return this.subscriptions.subscribe(connection, frame.topic, frame.i, frame);
  }

  /**
   * A fresh token of the same person, before the old one ends. One that is no good changes nothing; of two that are on their way
   * at once, whichever is verified last, the one that holds longer stays.
   */
  @SubscribeMessage('auth')
  async auth(connection: Connection, { i, token }: AuthFrame): Promise<void> {
    if (!connection.session) return connection.refuse(i, ConnectFirst());
    const recognised = await this.credentials.recognise(token, connection.from);
    if (isRefusal(recognised)) return connection.refuse(i, recognised);
    const { caller: { personId, key, actor }, expiresAt } = recognised;
    if (personId !== connection.session.personId) return connection.refuse(i, OtherPerson());
    // What is listened to was granted to the one, and may be more than the other's.
    if (key?.id !== connection.session.key?.id) return connection.refuse(i, OtherKey());
    // Who hears it is on record from the beginning: the person, or an admin who looks through their eyes.
    if (actor !== connection.session.impersonator) return connection.refuse(i, OtherKey());
    if (!connection.isOpen) return;
    if (expiresAt >= connection.session.expiresAt) {
      connection.session = sessionOf(recognised);
      this.vigil.refreshed(connection);
    }
    reach('realtime.refreshing');
    connection.send(refreshed(i, Math.floor(connection.session.expiresAt / 1000)));
  }

  @SubscribeMessage('unsub')
  unsub(connection: Connection, frame: UnsubFrame): void {
    this.subscriptions.unsubscribe(connection, frame.topic, frame.i);
  }

  private welcome(connection: Connection, { i, subs = {} }: ConnectFrame): void {
    const { personId, expiresAt } = connection.session!;
    const own = topic.person(personId);
    const hearing = hearsOwn(connection.session!);
    this.connections.admitted(connection);
    this.vigil.admitted(connection);
    const { retryJitter } = this.connections;
    connection.send(connected(i, { cid: connection.id, ping: this.vigil.pingMs, exp: Math.floor(expiresAt / 1000), topics: hearing ? [own] : [], retryJitter }));
    reach('realtime.admitted');
    if (hearing) void this.subscriptions.hearOwn(connection, personId, subs[own]);
    for (const [asked, since] of Object.entries(subs)) if (asked !== own || !hearing) void this.subscriptions.subscribe(connection, asked, i, { since });
  }

  /** A token that is no good ends the connection; keys that cannot be had right now do not: the client may try again. */
  private turnAway(connection: Connection, { i }: ConnectFrame, refusal: Refusal): void {
    connection.refuse(i, refusal);
    if (refusal.status < 500) connection.close(closing.invalidToken);
  }
}
