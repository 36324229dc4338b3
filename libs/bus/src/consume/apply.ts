import type { EventOf } from '@mela/contracts';
import { reach } from '../fail-points.ts';
import type { Log } from '../log.ts';
import { Poison } from '../outbox/poison.ts';
import { unseal } from '../outbox/envelope.ts';
import type { Sql, Transactions } from '../sql.ts';
import type { ConsumerDefinition } from './consumer-definition.ts';
import type { ConsumerMetrics } from './consumer-metrics.ts';
import { letterId, type DeadLetterBox, type Letter } from './dead-letter-box.ts';
import type { Delivery } from './delivery.ts';
import { Hold } from './hold.ts';
import { once } from './wrappers/once.ts';
import { TracedAttempt } from './wrappers/traced.ts';

interface ApplySettings {
  backoffMs: readonly number[];
  maxDeliver: number;
}

interface Parts<Tx extends Sql> {
  db: Transactions<Tx>;
  box: DeadLetterBox;
  log: Log;
  metrics: ConsumerMetrics;
  settings: ApplySettings;
}

/** From this delivery on an event is tried alone and noted first: it may be what took a process down. */
const SUSPECT_FROM = 3;

/** Applies deliveries and answers each. Throws only `Hold`, with what is not answered left as it is. */
export class Apply<Tx extends Sql> {
  private readonly types: ReadonlyMap<string, ConsumerDefinition<Tx>['events'][number]>;
  private readonly ahead = new WeakMap<Delivery, EventOf>();
  private readonly heard: ReadonlySet<string>;

  constructor(
    private readonly definition: ConsumerDefinition<Tx>,
    private readonly parts: Parts<Tx>,
  ) {
    this.types = new Map(definition.events.map((event) => [event.type, event]));
    this.heard = new Set(definition.events.map(({ noun, verb }) => `evt.${noun}.${verb}`));
  }

  /** While the database works on the batch before. What cannot be read is left for its turn. */
  readAhead(delivery: Delivery): void {
    try {
      if (!this.ignores(delivery)) this.ahead.set(delivery, this.read(delivery.headers, delivery.payload));
    } catch {
      // Told when it is its turn.
    }
  }

  async settle(deliveries: readonly Delivery[]): Promise<void> {
    for (const delivery of deliveries) if (this.ignores(delivery)) delivery.ack();
    const open = deliveries.filter((delivery) => !delivery.settled);
    const suspectFrom = Math.min(SUSPECT_FROM, this.parts.settings.maxDeliver);
    const aside = this.definition.poison === 'aside';
    const suspects = aside ? open.filter((delivery) => delivery.count >= suspectFrom) : [];
    if (suspects.length > 0) await this.oneByOne(await this.culpritsLast(suspects), true);
    await this.together(aside ? open.filter((delivery) => delivery.count < suspectFrom) : open);
  }

  /** The same way for an event that comes out of the dead letters: inbox, handler, and `also`, in one transaction. */
  async applyLetter(letter: Letter, also: (tx: Tx) => Promise<void>): Promise<void> {
    // Handed over by its noun, it may be of a type that is not heard here.
    const events = this.ignores(letter) ? [] : [this.read(new Map(Object.entries(letter.headers)), letter.payload)];
    await this.attempt(async (tx, traced) => {
      if (events.length > 0) this.parts.metrics.applied.inc(await once(this.definition.as, traced)(events, tx));
      await also(tx);
    });
  }

  private async together(deliveries: readonly Delivery[]): Promise<void> {
    const read: { delivery: Delivery; event: EventOf }[] = [];
    for (const delivery of deliveries) {
      try {
        read.push({ delivery, event: this.eventOf(delivery) });
      } catch (fault) {
        await this.failed(delivery, fault as Error);
      }
    }
    if (read.length === 0) return;
    // Events of one aggregate side by side, each aggregate's in the order of the stream.
    read.sort((a, b) => (a.event.subject < b.event.subject ? -1 : a.event.subject > b.event.subject ? 1 : a.delivery.streamSeq - b.delivery.streamSeq));
    try {
      const applied = await this.attempt((tx, traced) => this.applied(read.map(({ event }) => event), tx, traced));
      this.parts.metrics.applied.inc(applied);
    } catch (fault) {
      if (read.length === 1) return this.failed(read[0]!.delivery, fault as Error);
      return this.oneByOne(read.map(({ delivery }) => delivery), false);
    }
    reach('consumer.committed');
    for (const { delivery } of read) delivery.ack();
  }

  private attempt<R>(work: (tx: Tx, traced: TracedAttempt<Tx>) => Promise<R>): Promise<R> {
    const traced = new TracedAttempt(this.definition);
    return traced.during(() => this.parts.db.transaction((tx) => work(tx, traced)));
  }

  private async applied(events: readonly EventOf[], tx: Tx, traced: TracedAttempt<Tx>): Promise<number> {
    const count = await once(this.definition.as, traced)(events, tx);
    reach('consumer.committing');
    return count;
  }

  private async oneByOne(deliveries: readonly Delivery[], suspected: boolean): Promise<void> {
    for (const delivery of deliveries) {
      try {
        const event = this.eventOf(delivery);
        if (suspected) await this.parts.box.noteAttempt(letterOf(delivery), delivery.count);
        const applied = await this.attempt(async (tx, traced) => {
          if (suspected) await this.parts.box.clear(tx, event.id);
          return this.applied([event], tx, traced);
        });
        this.parts.metrics.applied.inc(applied);
        reach('consumer.committed');
        delivery.ack();
      } catch (fault) {
        await this.failed(delivery, fault as Error);
      }
    }
  }

  /** Those whose last attempt never ended come after the others, so that they take nobody else down with them. */
  private async culpritsLast(suspects: readonly Delivery[]): Promise<Delivery[]> {
    if (suspects.length === 1) return [...suspects];
    const noted = await this.parts.box
      .suspects(suspects.map((delivery) => letterOf(delivery).eventId))
      .catch((fault: Error) => this.hold(fault));
    const wasNoted = (delivery: Delivery) => Number(noted.has(letterOf(delivery).eventId.toLowerCase()));
    return [...suspects].sort((a, b) => wasNoted(a) - wasNoted(b) || a.streamSeq - b.streamSeq);
  }

  private async failed(delivery: Delivery, fault: Error): Promise<void> {
    const { box, db, log, metrics, settings } = this.parts;
    const facts = { consumer: this.definition.as, eventId: delivery.headers.get('ce-id'), delivery: delivery.count, fault: fault.message };
    metrics.failed.inc();
    // A database that is away is nobody's fault: no attempt is counted and nothing is put aside for it.
    await db.query('SELECT 1').catch((silence: Error) => this.hold(silence));
    if (this.definition.poison === 'stop') throw new Hold(`${facts.eventId ?? delivery.subject}: ${fault.message}`, { cause: fault });

    if (!(fault instanceof Poison) && delivery.count < settings.maxDeliver) {
      log.warn({ ...facts, stack: fault.stack }, 'An event failed and will be tried again');
      return delivery.nak(settings.backoffMs[Math.min(delivery.count, settings.backoffMs.length) - 1] ?? 0);
    }
    await box.bury(letterOf(delivery), fault.stack ?? fault.message, delivery.count).catch((refused: Error) => this.hold(refused));
    log.error({ ...facts, stack: fault.stack }, 'An event was put aside');
    delivery.term(fault.message);
  }

  private hold(fault: Error): never {
    throw new Hold(`The database does not answer: ${fault.message}`, { cause: fault });
  }

  /** A noun's filter also lets through what nobody here asked for. */
  private ignores({ subject }: { subject: string }): boolean {
    return !this.heard.has(subject.slice(0, subject.lastIndexOf('.')));
  }

  private eventOf(delivery: Delivery): EventOf {
    return this.ahead.get(delivery) ?? this.read(delivery.headers, delivery.payload);
  }

  private read(headers: ReadonlyMap<string, string>, payload: Uint8Array): EventOf {
    const type = headers.get('ce-type');
    if (type === undefined) throw new Poison('The event has no ce-type');
    const event = this.types.get(type);
    if (!event) throw new Poison(`${this.definition.as} does not hear ${type}`);
    return unseal(event, (name) => headers.get(name), payload);
  }
}

const letterOf = (delivery: Delivery): Letter => ({
  eventId: letterId(delivery.headers.get('ce-id'), delivery.streamSeq),
  streamSeq: delivery.streamSeq,
  subject: delivery.subject,
  headers: Object.fromEntries(delivery.headers),
  payload: delivery.payload,
});
