import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate } from 'node:timers/promises';
import { isTooLate, reach, writeOutbox, type OutboxRow, type Sql, type Transactions } from '@mela/bus';
import type { PoolClient } from 'pg';
import type { DataSource, EntityManager } from 'typeorm';
import { connectionOf } from './data-source.ts';
import { ConnectionLost, DeadlinePassed, stateOf } from './faults.ts';
import { statement } from './statements.ts';
import { Tx, undoes, type Rows, type StoreClass } from './transaction.ts';

/** Told after a commit that wrote events, so that they leave at once. */
export interface Bell {
  ring(written: readonly OutboxRow[]): void;
}

const SERIALIZATION_OR_DEADLOCK = new Set(['40001', '40P01']);
const ATTEMPTS = 4;

/** A service's database: its own schema, under its own role. */
export class Db implements Transactions<Tx>, Rows {
  private readonly open = new AsyncLocalStorage<Tx>();

  constructor(
    private readonly source: DataSource,
    private readonly service: string,
    private readonly bell: Bell,
    /** Types of the events that may be emitted; all of them where nobody says. */
    private readonly says?: ReadonlySet<string>,
  ) {}

  get manager(): EntityManager {
    return this.open.getStore()?.manager ?? this.source.manager;
  }

  async query<Row = Record<string, unknown>>(text: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    const tx = this.open.getStore();
    if (tx) return tx.query<Row>(text, parameters);
    const [client, release] = await connectionOf(this.source);
    try {
      const { rows } = await statement(text, () => client.query(text, [...parameters]));
      return rows as Row[];
    } finally {
      release();
    }
  }

  get<S>(store: StoreClass<S>): S {
    return new store(this.open.getStore() ?? this);
  }

  /**
   * Commits what the work wrote and emitted, unless it throws or answers a refusal (that is not `lasting`). Inside an open transaction it
   * joins that one, as a part that can be undone alone. Deadlocks and lost serialisation races run again.
   */
  async transaction<R>(work: (tx: Tx) => Promise<R>): Promise<R> {
    const outer = this.open.getStore();
    if (outer) return outer.nested(work);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.attempt(work);
      } catch (error) {
        if (attempt === ATTEMPTS || !SERIALIZATION_OR_DEADLOCK.has(stateOf(error))) throw error;
        // Both of a deadlock's parties would meet again if they began again together.
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * 2 ** attempt));
      }
    }
  }

  private async attempt<R>(work: (tx: Tx) => Promise<R>): Promise<R> {
    if (isTooLate()) throw new DeadlinePassed();
    const runner = this.source.createQueryRunner();
    let client: PoolClient | undefined;
    let tx: Tx | undefined;
    let lost: Error | undefined;
    const lose = (fault: Error) => (lost ??= fault);
    try {
      client = (await runner.connect()) as PoolClient;
      client.on('error', lose);
      // On its way with the first statement, and answered before it.
      const begun = ahead(say(client, 'BEGIN'));
      const opened = (tx = new Tx(runner.manager, sqlOf(client, begun), `/mela/${this.service}`, this.says));
      const result = await this.open.run(opened, () => work(opened));
      await begun;
      if (undoes(result)) {
        await say(client, 'ROLLBACK');
        return result;
      }
      const emitted = tx.takeEmitted();
      const written = writeOutbox(tx, emitted.map(({ sealed }) => sealed));
      const rest = ahead(Promise.all([written, ...tx.takeAlong()]));
      // PostgreSQL knows nothing of what failed before it was sent: that is known here by now.
      await Promise.race([rest, setImmediate()]);
      reach('transaction.committing');
      const committed = ahead(say(client, 'COMMIT'));
      const [rows] = await rest;
      // Asked to commit what a failed statement has spoilt, PostgreSQL rolls back and says so in its answer only.
      const { command } = await committed;
      if (command !== 'COMMIT') throw new Error('A statement of the transaction had failed unnoticed, and PostgreSQL undid it all');
      for (const { span } of emitted) span?.end();
      if (rows.length > 0) this.bell.ring(rows);
      tx.committed();
      return result;
    } catch (error) {
      if (client) await say(client, 'ROLLBACK').catch(() => undefined);
      // Whatever failed first, and however TypeORM put it: the connection went under it.
      throw lost === undefined ? (tx?.faultAlong ?? error) : new ConnectionLost(lost.message, { cause: error });
    } finally {
      tx?.end();
      client?.off('error', lose);
      await runner.release();
    }
  }
}

const say = (client: PoolClient, words: string) => statement(words, () => client.query(words));

const QUESTION = /^\s*SELECT\b/i;

/**
 * Sent the moment it is asked: nothing comes between it and what is said next. Only what writes waits until the transaction is known
 * to have begun: outside of one it could not be taken back.
 */
function sqlOf(client: PoolClient, begun: Promise<unknown>): Sql {
  let hasBegun = false;
  begun.then(() => (hasBegun = true), () => undefined);
  return {
    query: async <Row>(text: string, parameters: readonly unknown[] = []) => {
      if (!hasBegun && !QUESTION.test(text)) await begun;
      const [{ rows }] = await Promise.all([statement(text, () => client.query(text, [...parameters])), begun]);
      return rows as Row[];
    },
  };
}

/** Awaited later: a fault is told then, and to nobody before. */
function ahead<R>(answer: Promise<R>): Promise<R> {
  answer.catch(() => undefined);
  return answer;
}

