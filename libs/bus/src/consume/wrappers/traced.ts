import type { EventOf } from '@mela/contracts';
import { continueTrace, within } from '../../context.ts';
import type { Sql } from '../../sql.ts';
import { fact } from '../../trace/facts.ts';
import { enterTrace, type Span } from '../../trace/span.ts';
import type { ConsumerDefinition, Handle } from '../consumer-definition.ts';

type Traced<Tx extends Sql> = Pick<ConsumerDefinition<Tx>, 'as' | 'handle' | 'handleAll'>;

/**
 * One attempt at applying events. What a handler causes belongs to the trace and the person that caused the event. Each event's span
 * ends with the transaction: only then has it been applied.
 */
export class TracedAttempt<Tx extends Sql> {
  private readonly spans = new Map<EventOf, Span>();
  readonly handleAll?: NonNullable<ConsumerDefinition<Tx>['handleAll']>;

  constructor(private readonly consumer: Traced<Tx>) {
    if (consumer.handleAll) this.handleAll = (events, tx) => {
      for (const event of events) this.begin(event, events.length);
      return consumer.handleAll!(events, tx);
    };
  }

  readonly handle: Handle<Tx> = (event, tx) => {
    const traceparent = this.begin(event, 1)?.traceparent ?? continueTrace(event.traceparent);
    return within({ traceparent, actor: event.actor }, () => this.consumer.handle(event, tx));
  };

  async during<R>(work: () => Promise<R>): Promise<R> {
    try {
      const result = await work();
      for (const span of this.spans.values()) span.end();
      return result;
    } catch (fault) {
      for (const span of this.spans.values()) span.end(fault);
      throw fault;
    }
  }

  /** A transaction that lost a race runs its work again: that is still the same attempt. */
  private begin(event: EventOf, together: number): Span | undefined {
    const begun = this.spans.get(event);
    if (begun) return begun;
    const span = enterTrace('consumes', this.consumer.as, event.traceparent, 'ourselves');
    if (!span) return undefined;
    const [service = ''] = this.consumer.as.split('.', 1);
    span.note({ [fact.service]: service, [fact.event]: event.id, ...(together > 1 ? { [fact.batch]: together } : {}) });
    this.spans.set(event, span);
    return span;
  }
}
