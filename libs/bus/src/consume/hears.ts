import type { EventOf, EventType } from '@mela/contracts';
import 'reflect-metadata';

interface Hearing {
  readonly as: string;
  readonly events: readonly EventType[];
  readonly poison: 'aside' | 'stop';
}

interface HearingOptions {
  /** `<service>.<words-with-dashes>`. Fixed words: the durable consumer carries them, renaming one is a migration. */
  as: string;
  /** What nobody can apply is put aside and the rest goes on; or, where a gap would be worse than a halt, the consumer stops. */
  poison?: 'aside' | 'stop';
}

const HEARING = Symbol('mela.hearing');
const grammar = /^[a-z]+\.[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Any one of the events that a list holds, told apart by its own data. */
type Heard<E> = E extends readonly (infer One)[] ? Heard<One> : E extends EventType ? EventOf<E> : never;

// Properties, not methods: methods are compared too kindly, and a wrong event would compile.
interface Hearer<E> {
  handle: (event: Heard<E>, tx: any) => unknown;
  /** The same for many at once: see `ConsumerDefinition`. */
  handleAll?: (events: readonly Heard<E>[], tx: any) => Promise<unknown>;
}

type Reaction<E> = new (...args: any[]) => Hearer<E>;

/** Binds a reaction to the events it hears. One whose `handle` takes another event does not compile. */
export function Hears<const E extends EventType | readonly EventType[]>(event: E, { as, poison = 'aside' }: HearingOptions) {
  if (!grammar.test(as)) throw new Error(`"${as}" is not a consumer's name: write it like "notifications.join-approved"`);
  const events = (Array.isArray(event) ? event : [event]) as readonly EventType[];
  if (events.length === 0) throw new Error(`${as} hears no event`);
  const doubled = events.find(({ type }, place) => events.findIndex((other) => other.type === type) !== place);
  if (doubled) throw new Error(`${as} hears ${doubled.type} twice`);
  return <C extends Reaction<E>>(target: C): C | void => {
    Reflect.defineMetadata(HEARING, { as, events, poison } satisfies Hearing, target);
  };
}

export const hearingOf = (target: Function): Hearing | undefined => Reflect.getOwnMetadata(HEARING, target);
