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

/** From this delivery on an event is noted before it is tried, and tried among few: it may be what took a process down. */
const SUSPECT_FROM = 3;
/** At that delivery; a quarter at each further one, so that it is soon alone, and most are not one by one. */
const SUSPECTED_TOGETHER = 64;

/** Applies deliveries and answers each. Throws only `Hold`, with what is not answered left as it is. */
export class Apply<Tx extends Sql> {
  readonly reading: Reading;
  private readonly failing: Failing;
  /** Tried by this process, which is still here: whatever kept them from being applied, they took nobody down. */
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
    const aside = this.definition.poison === 'aside';
    const isSuspect = (delivery: Delivery) => aside && delivery.count >= this.suspectFrom;
    const suspects = open.filter(isSuspect);
    if (suspects.length > 0) for (const few of await this.withoutCulprits(suspects)) await this.suspected(few);
    await this.together(open.filter((delivery) => !isSuspect(delivery)));
  }

  private get suspectFrom(): number {
    return Math.min(SUSPECT_FROM, this.parts.settings.maxDeliver);
  }

  /** The same way for an event that comes out of the dead letters: inbox, handler, and `also`, in one transaction. */
  async applyLetter(letter: Letter, also: (tx: Tx) => Promise<void>): Promise<void> {
    // Handed over by its noun, it may be of a type that is not heard here.
    const events = this.reading.ignores(letter) ? [] : [this.reading.read({ ...letter, header: (name) => letter.headers[name] })];
    await this.attempt(async (tx, traced) => {
      if (events.length > 0) this.parts.metrics.applied.inc(await once(this.definition.as, traced)(events, tx));
      await also(tx);
    });
  }

  private async suspected(few: readonly Delivery[]): Promise<void> {
    await this.parts.box.noteAttempts(few.map((delivery) => ({ letter: letterOf(delivery), attempts: delivery.count }))).catch(hold);
    for (const delivery of few) this.survived.add(delivery);
    await this.together(few, true);
  }

  private async together(deliveries: readonly Delivery[], suspected = false): Promise<void> {
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
      await this.commit(read.map(({ event }) => event), suspected);
    } catch (fault) {
      if (read.length === 1) return this.failing.failed(read[0]!.delivery, fault as Error);
      for (const { delivery } of read) await (suspected ? this.suspected([delivery]) : this.together([delivery]));
      return;
    }
    reach('consumer.committed');
    for (const { delivery } of read) delivery.ack();
  }

  private async commit(events: readonly EventOf[], suspected: boolean): Promise<void> {
    const applied = await this.attempt(async (tx, traced) => {
      if (suspected) await this.parts.box.clear(tx, events.map(({ id }) => id));
      return this.applied(events, tx, traced);
    });
    this.parts.metrics.applied.inc(applied);
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

  /**
   * Those whose last attempt never ended come after the others, so that they take nobody else down with them;
   * and those that were alone in it, and have been delivered too often, are put aside.
   */
  private async withoutCulprits(suspects: readonly Delivery[]): Promise<readonly Delivery[][]> {
    const noted = await this.parts.box.suspects(suspects.map((delivery) => letterOf(delivery).eventId)).catch(hold);
    const notedAt = (delivery: Delivery) => noted.get(letterOf(delivery).eventId.toLowerCase()) ?? 0;
    // Since the last deliveries are of one alone, nobody else was noted at the one before.
    const isCulprit = (delivery: Delivery) => delivery.count > this.parts.settings.maxDeliver && notedAt(delivery) === delivery.count - 1 && !this.survived.has(delivery);
    for (const delivery of suspects) if (isCulprit(delivery)) await this.failing.tookDown(delivery);
    const left = suspects.filter((delivery) => !delivery.settled).sort((a, b) => notedAt(a) - notedAt(b) || a.streamSeq - b.streamSeq);
    const groups: Delivery[][] = [];
    for (const delivery of left) {
      const group = groups.at(-1) ?? [];
      const most = this.togetherAt(Math.max(delivery.count, ...group.map(({ count }) => count)));
      if (group.length > 0 && group.length < most && notedAt(group[0]!) === notedAt(delivery)) group.push(delivery);
      else groups.push([delivery]);
    }
    return groups;
  }

  /** How many are tried together at their so-many-eth delivery. */
  private togetherAt(count: number): number {
    return count >= this.parts.settings.maxDeliver ? 1 : Math.max(1, SUSPECTED_TOGETHER / 4 ** (count - this.suspectFrom));
  }
}
