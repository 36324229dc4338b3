import { beginSpan, currentContext, fact, seal, type Sealed, type Span, type Sql } from '@mela/bus';
import { isRefusal, type DataOf, type EventType, type Refusal } from '@mela/contracts';
import type { EntityManager } from 'typeorm';

/** What a store stands on: statements and TypeORM's manager, inside a transaction or outside. */
export interface Rows extends Sql {
  readonly manager: EntityManager;
}

export type StoreClass<S> = new (rows: Rows) => S;

const LASTING = Symbol('mela.lasting');

/** A refusal that is itself a change, such as a session that ends because its token came back: it commits what was written. */
export const lasting = (refusal: Refusal): Refusal => ({ ...refusal, [LASTING]: true }) as Refusal;

/** Whether this outcome takes back what the work did. */
export const undoes = (outcome: unknown): boolean => isRefusal(outcome) && !(LASTING in outcome);

const FLEETING = Symbol('mela.fleeting');

/** A refusal with a secret that is good for a moment: no record keeps it, and whoever repeats the request under its key has it done anew. */
export const fleeting = (refusal: Refusal): Refusal => ({ ...refusal, [FLEETING]: true }) as Refusal;

export const isFleeting = (refusal: Refusal): boolean => FLEETING in refusal;

interface Emitted {
  readonly sealed: Sealed;
  /** Ends with the commit: what is undone was no event. */
  readonly span: Span | undefined;
}

/** State and events of one change: both commit, or neither does. */
export class Tx implements Rows {
  private emitted: Emitted[] = [];
  private afterwards: (() => void)[] = [];
  private depth = 0;
  private isOver = false;
  private along: Promise<unknown>[] = [];
  /** The first of what went along: what is asked after it fails, too, and only because of it. */
  faultAlong: unknown;

  constructor(
    readonly manager: EntityManager,
    private readonly sql: Sql,
    private readonly source: string,
    private readonly says?: ReadonlySet<string>,
  ) {}

  async query<Row = Record<string, unknown>>(statement: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    this.insistThatItIsOpen();
    return this.sql.query<Row>(statement, parameters);
  }

  get<S>(store: StoreClass<S>): S {
    return new store(this);
  }

  /** Written to the outbox when the transaction commits. The aggregate is to be locked or changed by then: its version orders the events. */
  emit<E extends EventType>(event: E, aggregate: { id: string; version: number }, data: DataOf<E>): void {
    this.insistThatItIsOpen();
    if (this.says && !this.says.has(event.type)) throw new Error(`${event.type} is not ${this.source}’s to say`);
    const context = currentContext();
    const span = beginSpan('event', event.type, context?.traceparent);
    const traceparent = span?.traceparent ?? context?.traceparent;
    const sealed = seal(event, aggregate, data, { source: this.source, actor: context?.actor, traceparent });
    span?.note({ [fact.service]: this.source.slice('/mela/'.length), [fact.event]: sealed.eventId });
    this.emitted.push({ sealed, span });
  }

  /** What nobody here waits for: it has been sent, goes with the commit, and where it fails, so does that. */
  goesAlong(written: Promise<unknown>): void {
    written.catch((fault: unknown) => (this.faultAlong ??= fault));
    this.along.push(written);
  }

  takeAlong(): readonly Promise<unknown>[] {
    return this.along.splice(0);
  }

  /** Done once all of this is committed, and not done where it is undone. Whatever has to happen is in a row: a process may die in between. */
  afterCommit(act: () => void): void {
    this.afterwards.push(act);
  }

  committed(): void {
    for (const act of this.afterwards.splice(0)) act();
  }

  /** Its connection is another's from now on: what is asked of it late must not be done there. */
  end(): void {
    this.isOver = true;
  }

  /** What was emitted since the outermost transaction began, once and for all. */
  takeEmitted(): readonly Emitted[] {
    const taken = this.emitted;
    this.emitted = [];
    return taken;
  }

  /** Part of the change that can be undone alone: its rows by a savepoint, its events by forgetting them. */
  async nested<R>(work: (tx: Tx) => Promise<R>): Promise<R> {
    const savepoint = `nested_${++this.depth}`;
    const before = this.emitted.length;
    const actsBefore = this.afterwards.length;
    const alongBefore = this.along.length;
    await this.query(`SAVEPOINT ${savepoint}`);
    const rollback = async () => {
      this.emitted.length = before;
      this.afterwards.length = actsBefore;
      this.along.length = alongBefore;
      if (alongBefore === 0) this.faultAlong = undefined;
      await this.query(`ROLLBACK TO SAVEPOINT ${savepoint}`);
    };
    try {
      const result = await work(this);
      if (undoes(result)) await rollback();
      return result;
    } catch (error) {
      await rollback().catch(() => undefined);
      throw error;
    }
  }

  private insistThatItIsOpen(): void {
    if (this.isOver) throw new Error('The transaction is over: somebody did not wait for what they asked of it');
  }
}
