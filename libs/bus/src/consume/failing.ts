import type { Log } from '../log.ts';
import { Poison } from '../outbox/poison.ts';
import type { Sql } from '../sql.ts';
import type { ConsumerDefinition } from './consumer-definition.ts';
import type { ConsumerMetrics } from './consumer-metrics.ts';
import { letterOf, type DeadLetterBox } from './dead-letter-box.ts';
import type { Delivery } from './delivery.ts';
import { Hold } from './hold.ts';

export interface FailingParts {
  db: Sql;
  box: DeadLetterBox;
  log: Log;
  metrics: ConsumerMetrics;
  settings: { backoffMs: readonly number[]; maxDeliver: number };
}

/** What becomes of a delivery that could not be applied: it comes again later, is put aside, or stops the consumer. */
export class Failing {
  constructor(
    private readonly definition: Pick<ConsumerDefinition<never>, 'as' | 'poison'>,
    private readonly parts: FailingParts,
  ) {}

  async failed(delivery: Delivery, fault: Error): Promise<void> {
    const { box, db, log, metrics, settings } = this.parts;
    const facts = { consumer: this.definition.as, eventId: delivery.headers.get('ce-id'), delivery: delivery.count, fault: fault.message };
    metrics.failed.inc();
    // A database that is away is nobody's fault: no attempt is counted and nothing is put aside for it.
    await db.query('SELECT 1').catch(hold);
    if (this.definition.poison === 'stop') throw new Hold(`${facts.eventId ?? delivery.subject}: ${fault.message}`, { cause: fault });

    if (!(fault instanceof Poison) && delivery.count < settings.maxDeliver) {
      log.warn({ ...facts, stack: fault.stack }, 'An event failed and will be tried again');
      return delivery.nak(settings.backoffMs[Math.min(delivery.count, settings.backoffMs.length) - 1] ?? 0);
    }
    await box.bury(letterOf(delivery), fault.stack ?? fault.message, delivery.count).catch(hold);
    log.error({ ...facts, stack: fault.stack }, 'An event was put aside');
    delivery.term(fault.message);
  }

  /** Tried alone so often, and none of the attempts ended: each time the process did. */
  async tookDown(delivery: Delivery): Promise<void> {
    const attempts = delivery.count - 1;
    const error = `${attempts} deliveries, none of them answered: the process ended while it applied this event`;
    await this.parts.box.bury(letterOf(delivery), error, attempts).catch(hold);
    this.parts.log.error({ consumer: this.definition.as, eventId: delivery.headers.get('ce-id'), attempts }, 'An event that nobody answered was put aside');
    delivery.term(error);
  }
}

/** For whatever the database refused. */
export function hold(fault: Error): never {
  throw new Hold(`The database does not answer: ${fault.message}`, { cause: fault });
}
