import type { EventOf } from '@mela/contracts';
import { reach } from '../fail-points.ts';
import type { Sql, Transactions } from '../sql.ts';
import type { ConsumerDefinition } from './consumer-definition.ts';
import { letterOf, type Letter } from './dead-letter-box.ts';
import type { Delivery } from './delivery.ts';
import { Failing, hold, type FailingParts } from './failing.ts';
import { Reading } from './reading.ts';
import { once } from './wrappers/once.ts';
import { TracedAttempt } from './wrappers/traced.ts';

interface Parts<Tx extends Sql> extends FailingParts {
  db: Transactions<Tx>;
}

/** From this delivery on an event is tried alone and noted first: it may be what took a process down. */
const SUSPECT_FROM = 3;

/** Applies deliveries and answers each. Throws only `Hold`, with what is not answered left as it is. */
export class Apply<Tx extends Sql> {
  readonly reading: Reading;
  private readonly failing: Failing;
  /** Tried alone by this process, which is still here: whatever kept them from being applied, they took nobody down. */
  private readonly survived = new WeakSet<Delivery>();

  constructor(
    private readonly definition: ConsumerDefinition<Tx>,
    private readonly parts: Parts<Tx>,
  ) {
    this.reading = new Reading(definition);
    this.failing = new Failing(definition, parts);
  }

  async settle(deliveries: readonly Delivery[]): Promise<void> {
    for (const delivery of deliveries) if (!delivery.event && this.reading.ignores(delivery)) delivery.ack();
    const open = deliveries.filter((delivery) => !delivery.settled);
    const suspectFrom = Math.min(SUSPECT_FROM, this.parts.settings.maxDeliver);
    const aside = this.definition.poison === 'aside';
    const suspects = aside ? open.filter((delivery) => delivery.count >= suspectFrom) : [];
    if (suspects.length > 0) await this.oneByOne(await this.withoutCulprits(suspects), true);
    await this.together(aside ? open.filter((delivery) => delivery.count < suspectFrom) : open);
  }

  /** The same way for an event that comes out of the dead letters: inbox, handler, and `also`, in one transaction. */
  async applyLetter(letter: Letter, also: (tx: Tx) => Promise<void>): Promise<void> {
    // Handed over by its noun, it may be of a type that is not heard here.
    const events = this.reading.ignores(letter) ? [] : [this.reading.read(new Map(Object.entries(letter.headers)), letter.payload)];
    await this.attempt(async (tx, traced) => {
      if (events.length > 0) this.parts.metrics.applied.inc(await once(this.definition.as, traced)(events, tx));
      await also(tx);
    });
  }

  private async together(deliveries: readonly Delivery[]): Promise<void> {
    const read: { delivery: Delivery; event: EventOf }[] = [];
    for (const delivery of deliveries) {
      try {
        read.push({ delivery, event: this.reading.eventOf(delivery) });
      } catch (fault) {
        await this.failing.failed(delivery, fault as Error);
      }
    }
    if (read.length === 0) return;
    // Those that come again come late.
    read.sort((a, b) => a.delivery.streamSeq - b.delivery.streamSeq);
    try {
      const applied = await this.attempt((tx, traced) => this.applied(read.map(({ event }) => event), tx, traced));
      this.parts.metrics.applied.inc(applied);
    } catch (fault) {
      if (read.length === 1) return this.failing.failed(read[0]!.delivery, fault as Error);
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
        const event = this.reading.eventOf(delivery);
        if (suspected) {
          await this.parts.box.noteAttempt(letterOf(delivery), delivery.count);
          this.survived.add(delivery);
        }
        const applied = await this.attempt(async (tx, traced) => {
          if (suspected) await this.parts.box.clear(tx, event.id);
          return this.applied([event], tx, traced);
        });
        this.parts.metrics.applied.inc(applied);
        reach('consumer.committed');
        delivery.ack();
      } catch (fault) {
        await this.failing.failed(delivery, fault as Error);
      }
    }
  }

  /**
   * Those whose last attempt never ended come after the others, so that they take nobody else down with them;
   * and those of whom that has been so too often are put aside.
   */
  private async withoutCulprits(suspects: readonly Delivery[]): Promise<Delivery[]> {
    const noted = await this.parts.box.suspects(suspects.map((delivery) => letterOf(delivery).eventId)).catch(hold);
    const wasNoted = (delivery: Delivery) => noted.has(letterOf(delivery).eventId.toLowerCase());
    const beyond = suspects.filter((delivery) => delivery.count > this.parts.settings.maxDeliver && wasNoted(delivery) && !this.survived.has(delivery));
    for (const delivery of beyond) await this.failing.tookDown(delivery);
    return suspects
      .filter((delivery) => !beyond.includes(delivery))
      .sort((a, b) => Number(wasNoted(a)) - Number(wasNoted(b)) || a.streamSeq - b.streamSeq);
  }
}
