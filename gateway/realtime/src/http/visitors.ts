import type { IncomingMessage } from 'node:http';
import { bearer } from '@mela/bus';
import type { Credentials, TokenVerifier } from '@mela/chassis';
import { InvalidInput, InvalidToken, isRefusal, NotSignedIn, type Refusal } from '@mela/contracts';
import type { FramesGateway } from '../frames.gateway.ts';
import type { Questions } from '../limits/questions.ts';
import type { Tally } from '../metrics.ts';
import { ShuttingDown, TooManyConnections, TooManyTopics } from '../protocol/faults.ts';
import { Connection, sessionOf, type Session } from '../socket/connection.ts';
import type { Connections } from '../socket/connections.ts';
import { FrameBudget } from '../socket/frame-budget.ts';
import type { Vigil } from '../socket/vigil.ts';
import type { Wire } from '../socket/wire.ts';
import type { Tickets } from '../tickets/tickets.ts';

interface Parts {
  readonly gateway: Pick<FramesGateway, 'handleConnection' | 'handleDisconnect'>;
  readonly connections: Connections;
  readonly vigil: Vigil;
  readonly tokens: TokenVerifier;
  readonly credentials: Credentials;
  readonly tickets: Tickets;
  readonly questions: Questions;
  readonly limits: { readonly maxTopics: number; readonly maxBuffered: number };
  readonly tally: Tally;
  readonly addressOf: (request: IncomingMessage) => string;
}

/** People who come by plain HTTP: who they are is known before anything is opened for them. */
export class Visitors {
  constructor(private readonly parts: Parts) {}

  get retryJitter(): number {
    return this.parts.connections.retryJitter;
  }

  async recognise(request: IncomingMessage, { ticket, topics }: { ticket?: string | undefined; topics: readonly string[] }): Promise<Session | Refusal> {
    const { tickets, credentials, limits, addressOf } = this.parts;
    const shown = bearer(request.headers.authorization);
    if (shown !== undefined && ticket !== undefined) return InvalidInput('Show an access token or a ticket, not both');
    // The person's own topic is heard in any case.
    if (topics.length >= limits.maxTopics) return TooManyTopics();
    const token = ticket === undefined ? shown : await tickets.redeem(ticket);
    if (token === undefined) return NotSignedIn();
    if (isRefusal(token)) return token;
    const recognised = await credentials.recognise(token, addressOf(request));
    return isRefusal(recognised) ? recognised : sessionOf(recognised);
  }

  /** Until the owners of the topics may be asked for this person; 0 where they may now. */
  secondsUntilAsked({ personId }: Session, { topics }: { topics: readonly string[] }): number {
    return Math.ceil(this.parts.questions.take(personId, topics.length) / 1000);
  }

  /**
   * Decided at the moment of entering: of those who come at once, each counts the others, and while it was found out who they are the
   * gateway may have begun to stop, or their token become worth nothing.
   */
  enter(wire: Wire, session: Session): Connection | Refusal {
    const { gateway, connections, vigil, tokens, limits, tally } = this.parts;
    if (connections.isDraining) return ShuttingDown();
    if (!tokens.isGood(session)) return InvalidToken();
    if (connections.areTooManyOf(session.personId)) return TooManyConnections();
    const connection = new Connection(wire, limits.maxBuffered, tally, new FrameBudget(Number.POSITIVE_INFINITY));
    gateway.handleConnection(connection);
    connection.session = session;
    connections.admitted(connection);
    vigil.admitted(connection);
    return connection;
  }

  leave(connection: Connection): void {
    this.parts.gateway.handleDisconnect(connection);
  }
}
