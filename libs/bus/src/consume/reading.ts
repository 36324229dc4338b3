import type { EventOf, EventType } from '@mela/contracts';
import { unseal, type Published } from '../outbox/envelope.ts';
import { Poison } from '../outbox/poison.ts';
import type { ConsumerDefinition } from './consumer-definition.ts';
import type { Delivery } from './delivery.ts';

/** Makes events of what was delivered to one consumer. */
export class Reading {
  private readonly types: ReadonlyMap<string, EventType>;
  private readonly heard: ReadonlySet<string>;

  constructor(private readonly definition: Pick<ConsumerDefinition<never>, 'as' | 'events'>) {
    this.types = new Map(definition.events.map((event) => [event.type, event]));
    this.heard = new Set(definition.events.map(({ noun, verb }) => `evt.${noun}.${verb}`));
  }

  /** A noun's filter also lets through what nobody here asked for. */
  ignores({ subject }: { subject: string }): boolean {
    return !this.heard.has(subject.slice(0, subject.lastIndexOf('.')));
  }

  /** What cannot be read is left for its turn. */
  readAhead(delivery: Delivery): void {
    if (delivery.event || delivery.settled) return;
    try {
      if (!this.ignores(delivery)) delivery.event = this.read(delivery);
    } catch {
      // Told when it is its turn.
    }
  }

  eventOf(delivery: Delivery): EventOf {
    return delivery.event ?? this.read(delivery);
  }

  read(published: Published): EventOf {
    const type = published.header('ce-type');
    if (type === undefined) throw new Poison('The event has no ce-type');
    const event = this.types.get(type);
    if (!event) throw new Poison(`${this.definition.as} does not hear ${type}`);
    return unseal(event, published);
  }
}
