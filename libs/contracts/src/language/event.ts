import type { z } from 'zod';
import type { TopicName } from './topic.ts';

export const EVENT = Symbol('mela.event');

/** A person's right to hear whatever rests on a scope, as `Hearing` names it: `community:42`. */
export interface Right {
  readonly personId: string;
  readonly scope: string;
}

interface EventDeclaration<D extends z.ZodObject> {
  /** One line for people: it becomes the description in the documents. */
  summary: string;
  /** What changed: events of one aggregate arrive in the order of its versions. */
  aggregate: string;
  /** Ids and the few facts a screen or a replica needs; never a secret, never personal data: the log cannot forget. */
  data: D;
  /** Who hears it on open screens. */
  audience?: (data: z.output<D>) => readonly TopicName[];
  /** Rights to hear that begin with it. */
  grants?: (data: z.output<D>) => readonly Right[];
  /** Rights to hear that end with it, and with them every subscription that rests on the scope, whatever its topic. */
  revokes?: (data: z.output<D>) => readonly Right[];
  /** Used by documents, by `mela events trigger` and by every consumer's test. */
  example: z.output<D>;
}

export interface EventType<D extends z.ZodObject = z.ZodObject> {
  readonly [EVENT]: true;
  readonly type: string;
  readonly noun: string;
  readonly verb: string;
  readonly aggregate: string;
  readonly summary: string;
  readonly data: D;
  readonly example: z.output<D>;
  // Written as methods, so that an event of known data can stand where any event is asked for.
  audience(data: z.output<D>): readonly TopicName[];
  grants(data: z.output<D>): readonly Right[];
  revokes(data: z.output<D>): readonly Right[];
}

export type DataOf<E extends EventType> = z.output<E['data']>;

/** An event as a consumer receives it: CloudEvents 1.0, its data checked against the declaration. */
export interface EventOf<out E extends EventType = EventType> {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  /** The aggregate's id. */
  readonly subject: string;
  readonly time: string;
  readonly aggregateVersion: number;
  readonly actor: string | undefined;
  readonly traceparent: string | undefined;
  readonly data: DataOf<E>;
}

/** Subjects of this noun are the bus's own: what is stored under it fills places that may hold no event. */
export const RESERVED_NOUN = 'stream';

const typeGrammar = /^[a-z]+\.[a-z]+(_[a-z]+)*$/;

/** Something that happened: `<noun>.<verb in the past>`. */
export function event<D extends z.ZodObject>(type: string, declared: EventDeclaration<D>): EventType<D> {
  if (!typeGrammar.test(type)) throw new Error(`"${type}" is not an event type: write it like "order.status_changed"`);
  const [noun, verb] = type.split('.') as [string, string];
  if (noun === RESERVED_NOUN) throw new Error(`"${type}" cannot be declared: the noun "${noun}" is the bus’s own`);
  const example = declared.data.safeParse(declared.example);
  if (!example.success) throw new Error(`The example of ${type} is not valid: ${example.error.message}`);
  return {
    [EVENT]: true,
    type,
    noun,
    verb,
    aggregate: declared.aggregate,
    summary: declared.summary,
    data: declared.data,
    example: declared.example,
    audience: declared.audience ?? nobody,
    grants: declared.grants ?? nobody,
    revokes: declared.revokes ?? nobody,
  };
}

const nobody = () => [];

export const isEventType = (value: unknown): value is EventType =>
  typeof value === 'object' && value !== null && EVENT in value;
