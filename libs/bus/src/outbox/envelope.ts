import type { DataOf, EventOf, EventType } from '@mela/contracts';
import type { JsMsg } from '@nats-io/jetstream';
import type { Msg } from '@nats-io/transport-node';
import { v7 as uuidv7 } from 'uuid';
import { eventSubject, isSubjectOf, shardOf } from '../subjects.ts';
import { Poison } from './poison.ts';
import { unknownFields } from './unknown-fields.ts';

/** An event ready to be stored: CloudEvents 1.0 in binary mode, the attributes in headers and the data in the payload. */
export interface Sealed {
  eventId: string;
  shard: number;
  aggregateId: string;
  aggregateVersion: number;
  subject: string;
  headers: Record<string, string>;
  payload: Uint8Array;
}

interface Facts {
  /** `/mela/<service>` */
  source: string;
  actor?: string | undefined;
  traceparent?: string | undefined;
  id?: string;
  now?: Date;
}

const MAX_PAYLOAD = 524_288;
const headerGrammar = /^[\x20-\x7e]{1,512}$/;
const uuidGrammar = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function seal<E extends EventType>(
  event: E,
  aggregate: { id: string; version: number },
  data: DataOf<E>,
  { source, actor, traceparent, id = uuidv7(), now = new Date() }: Facts,
): Sealed {
  const checked = event.data.safeParse(data);
  if (!checked.success) throw new Error(`The data of ${event.type} does not fit its declaration: ${checked.error.message}`);
  // Dropped in silence, such a field would be missed by whoever was promised it.
  const unknown = unknownFields(data, checked.data);
  if (unknown.length > 0) throw new Error(`${event.type} does not declare ${unknown.join(', ')}`);
  if (!Number.isInteger(aggregate.version) || aggregate.version < 1)
    throw new Error(`${event.type} needs the version of its aggregate, counted from 1: ${aggregate.version}`);

  const payload = Buffer.from(JSON.stringify(checked.data));
  if (payload.length > MAX_PAYLOAD) throw new Error(`${event.type} carries ${payload.length} bytes: at most ${MAX_PAYLOAD} are allowed`);
  const headers: Record<string, string> = {
    'ce-specversion': '1.0',
    'ce-id': id,
    'ce-type': event.type,
    'ce-source': source,
    'ce-subject': aggregate.id,
    'ce-time': now.toISOString(),
    'ce-aggregateversion': String(aggregate.version),
    ...(actor === undefined ? {} : { 'ce-actor': actor }),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
  for (const [name, value] of Object.entries(headers))
    if (!headerGrammar.test(value)) throw new Error(`${event.type} cannot carry ${JSON.stringify(value.slice(0, 80))} as ${name}`);

  const shard = shardOf(aggregate.id);
  return {
    eventId: id,
    shard,
    aggregateId: aggregate.id,
    aggregateVersion: aggregate.version,
    subject: eventSubject(event, shard),
    headers,
    payload,
  };
}

/** An event as it was published. */
export interface Published {
  readonly subject: string;
  header(name: string): string | undefined;
  readonly payload: Uint8Array;
}

export const publishedIn = ({ subject, headers, data }: Pick<Msg | JsMsg, 'subject' | 'headers' | 'data'>): Published => ({ subject, header: (name) => headers?.get(name) || undefined, payload: data });

/** Reads an event as its consumer knows it: fields from a newer writer are ignored, anything malformed is poison. */
export function unseal(event: EventType, published: Published): EventOf {
  const { subject, payload } = published;
  const must = (name: string): string => {
    const value = published.header(name);
    if (value === undefined || value === '') throw new Poison(`The event has no ${name}`);
    return value;
  };
  if (must('ce-specversion') !== '1.0') throw new Poison(`The event is of CloudEvents ${must('ce-specversion')}`);
  if (must('ce-type') !== event.type) throw new Poison(`The event is a ${must('ce-type')}, not a ${event.type}`);
  // Whoever may say one thing could name it another.
  if (!isSubjectOf(event, subject)) throw new Poison(`The event was published as ${subject.slice(0, 80)}, and says that it is a ${event.type}`);
  const id = must('ce-id');
  if (!uuidGrammar.test(id)) throw new Poison(`The event's id is not a UUID: ${id.slice(0, 80)}`);
  const aggregateVersion = Number(must('ce-aggregateversion'));
  if (!Number.isInteger(aggregateVersion) || aggregateVersion < 1)
    throw new Poison(`The event has a malformed version: ${must('ce-aggregateversion').slice(0, 80)}`);

  const data = event.data.safeParse(parsed(payload));
  if (!data.success) throw new Poison(`The data does not fit ${event.type}: ${data.error.message}`);
  return {
    id,
    type: event.type,
    source: must('ce-source'),
    subject: must('ce-subject'),
    time: must('ce-time'),
    aggregateVersion,
    actor: published.header('ce-actor') || undefined,
    traceparent: published.header('traceparent') || undefined,
    data: data.data,
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parsed(payload: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(payload));
  } catch (fault) {
    throw new Poison(`The data is not JSON: ${(fault as Error).message}`);
  }
}
