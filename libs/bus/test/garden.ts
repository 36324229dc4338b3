import { event, Id } from '@mela/contracts';
import type pg from 'pg';
import { z } from 'zod';
import type { ConsumerDefinition } from '../src/consume/consumer-definition.ts';
import type { Sql, Transactions } from '../src/sql.ts';

export const PlantGrew = event('plant.grew', {
  summary: 'A plant grew',
  aggregate: 'plant',
  data: z.object({ plantId: Id, height: z.number().int() }),
  example: { plantId: '01900000-0000-7000-8000-000000000001', height: 3 },
});
export const PlantWithered = event('plant.withered', {
  summary: 'A plant withered',
  aggregate: 'plant',
  data: z.object({ plantId: Id }),
  example: { plantId: '01900000-0000-7000-8000-000000000001' },
});

export function transactions(pool: pg.Pool): Transactions {
  return {
    query: async <Row>(statement: string, parameters: readonly unknown[] = []) => (await pool.query(statement, [...parameters])).rows as Row[],
    async transaction(work) {
      const client = await pool.connect();
      let broken: Error | undefined;
      const lost = (fault: Error) => (broken = fault);
      client.on('error', lost);
      try {
        await client.query('BEGIN');
        const result = await work({
          query: async <Row>(statement: string, parameters: readonly unknown[] = []) => (await client.query(statement, [...parameters])).rows as Row[],
        });
        await client.query('COMMIT');
        return result;
      } catch (fault) {
        await client.query('ROLLBACK').catch((failed: Error) => (broken = failed));
        throw fault;
      } finally {
        client.off('error', lost);
        client.release(broken);
      }
    },
  };
}

/** Records each application of an event, in the handler's transaction. */
export const recorded = (as: string, extra: Partial<ConsumerDefinition<Sql>> = {}): ConsumerDefinition<Sql> => ({
  as,
  events: [PlantGrew],
  poison: 'aside',
  handle: (event, tx) =>
    tx.query('INSERT INTO effect (consumer, event_id, aggregate, version) VALUES ($1, $2, $3, $4)', [as, event.id, event.subject, event.aggregateVersion]),
  ...extra,
});
