import { SpanKind } from '@opentelemetry/api';

/** What a span tells of: the words of a timeline. */
export type SpanStep = 'request' | 'asks' | 'serves' | 'sql' | 'event' | 'published' | 'consumes' | 'frames';

export const spanKind: Readonly<Record<SpanStep, SpanKind>> = {
  request: SpanKind.SERVER,
  asks: SpanKind.CLIENT,
  serves: SpanKind.SERVER,
  sql: SpanKind.CLIENT,
  event: SpanKind.INTERNAL,
  published: SpanKind.PRODUCER,
  consumes: SpanKind.CONSUMER,
  frames: SpanKind.PRODUCER,
};

/**
 * All that a span may tell besides its name. The names are OpenTelemetry's where it has one, so that every backend knows them.
 * None of them takes what a person wrote or sent: ids, names of ours, numbers.
 */
export const fact = {
  step: 'mela.step',
  service: 'mela.service',
  operation: 'mela.operation',
  route: 'http.route',
  /** Answers on the bus have HTTP's statuses too. */
  status: 'http.response.status_code',
  database: 'db.system.name',
  statement: 'db.query.text',
  subject: 'messaging.destination.name',
  event: 'messaging.message.id',
  seq: 'mela.stream_seq',
  batch: 'messaging.batch.message_count',
  topics: 'mela.topics',
  listeners: 'mela.listeners',
  fault: 'error.type',
} as const;

/** What went wrong, by its kind alone: a message may quote what somebody sent. */
export function faultKind(fault: unknown): string {
  if (typeof fault === 'string') return fault;
  const { name = 'Error', code } = (fault ?? {}) as { name?: string; code?: unknown };
  return typeof code === 'string' && /^\w{1,40}$/.test(code) ? `${name} ${code}` : name;
}
