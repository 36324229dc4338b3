import { z } from 'zod';
import { person, platform, services } from './language/access.ts';
import { perUser } from './language/limit.ts';
import { Id, Instant } from './language/models.ts';
import { command, query, service } from './language/operation.ts';

/** Opens one realtime connection in the name of whoever asked for it, once and soon. */
export const Ticket = z.object({ ticket: z.string(), expiresAt: Instant });
export type Ticket = z.output<typeof Ticket>;

/** What became of one event for one person, on one connection and topic of theirs. */
export const deliveryVerdicts = [
  /** Written to the connection as it happened. */
  'delivered',
  /** Told when the client came back. */
  'replayed',
  /** Still waits to be read, or for its turn while the past is told. */
  'buffered',
  /** The connection was ended for reading too slowly (4008) before this could be read. */
  'dropped',
  /** Written, and nothing was heard of the client from then until the connection ended. */
  'unconfirmed',
  /** The right to the topic was taken away before. */
  'revoked',
  /** The client gave the topic up before. */
  'unsubscribed',
  /** The connection ended before the past was told so far. */
  'interrupted',
  /** The right to the topic began after it. */
  'right_later',
  /** The topic’s owner refused. */
  'refused',
  /** The client’s cursor lay too far back, or meant nothing: it was told to read the state anew. */
  'not_recovered',
  /** The client’s own cursor says that it had been told so far. */
  'resumed_later',
  /** Subscribed after it, without a cursor. */
  'subscribed_later',
  /** Connected, and never asked for the topic. */
  'not_subscribed',
  /** No connection of this person was open at this gateway. */
  'not_connected',
  /** So long ago that this gateway does not know who was connected. */
  'forgotten',
] as const;
export type DeliveryVerdict = (typeof deliveryVerdicts)[number];

const Finding = z.object({
  verdict: z.enum(deliveryVerdicts),
  connection: z.string().nullable(),
  /** The admin whose connection it is, where one looks through the person’s eyes: the person heard nothing on it. */
  impersonator: Id.optional(),
  topic: z.string().nullable(),
  /** When it came to that. */
  at: Instant.nullable(),
  /** Of the refusal, or with which the connection was closed. */
  code: z.string().nullable(),
  /** Bytes that wait, or waited when the connection ended. */
  waiting: z.int().nullable(),
});
export type Finding = z.output<typeof Finding>;

/** Why an event that lies in the stream was told to nobody: it came a second time, could not be read, or was put back after a break. */
const PassedOver = z.enum(['repeat', 'unreadable', 'put_back']);
export type PassedOver = z.output<typeof PassedOver>;

export const GatewayAccount = z.object({
  gateway: z.string(),
  /** What happened before is not known here: of events, and of connections. */
  knowsSince: z.object({ events: Instant, connections: Instant }),
  event: z.object({ place: z.int(), type: z.string(), topics: z.array(z.string()), storedAt: Instant }).nullable(),
  passedOver: PassedOver.nullable(),
  findings: z.array(Finding),
});
export type GatewayAccount = z.output<typeof GatewayAccount>;

const Told = z.object({ personId: Id, eventId: Id });
/** `silent`: gateways that are known and did not answer in time. */
const WhyTold = z.object({ gateways: z.array(GatewayAccount), silent: z.array(z.string()) });
export type WhyTold = z.output<typeof WhyTold>;

export const realtime = service('realtime', {
  createTicket: command({
    summary: 'A ticket that opens one realtime connection, for clients that cannot send a header',
    http: 'POST /realtime/tickets',
    access: person,
    limit: perUser(60, '1m'),
    input: z.object({}),
    output: Ticket,
    secret: true,
  }),
  why: query({
    summary: 'What every gateway knows of whether a person was told of an event, and why not',
    access: services,
    input: Told,
    output: WhyTold,
  }),
  explain: query({
    summary: 'Why a person was told of an event, or was not: what every gateway knows of it',
    http: 'GET /realtime/why',
    access: platform('admin'),
    limit: perUser(60, '1m'),
    input: Told,
    output: WhyTold,
  }),
});
