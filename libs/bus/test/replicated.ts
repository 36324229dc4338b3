import type { DataOf, EventOf } from '@mela/contracts';
import type { ConsumerDefinition } from '../src/consume/consumer-definition.ts';
import type { Sql } from '../src/sql.ts';
import { PlantGrew } from './garden.ts';

export interface Plant {
  id: string;
  /** Null where it withered. */
  height: number | null;
  version: number;
}

export const PAGE = 10;

interface Watching {
  /** Before the owner answers, and after it has. */
  asked?: (after: string | undefined) => unknown;
  answering?: () => unknown;
  applied?: () => unknown;
}

/** Where the owner keeps its plants, and where somebody else keeps a replica of them. */
export async function plantTables(db: Sql): Promise<void> {
  for (const table of ['owned', 'replicated']) await db.query(`CREATE TABLE ${table} (id uuid PRIMARY KEY, height int, version int NOT NULL)`);
}

const take = (plants: readonly Plant[], tx: Sql) =>
  tx.query(
    `INSERT INTO replicated SELECT * FROM unnest($1::uuid[], $2::int[], $3::int[])
     ON CONFLICT (id) DO UPDATE SET height = excluded.height, version = excluded.version WHERE replicated.version < excluded.version`,
    [plants.map(({ id }) => id), plants.map(({ height }) => height), plants.map(({ version }) => version)],
  );

/** Keeps the replica: from events as they come, and from the owner's pages. */
export const replicated = (owner: Sql, { asked, answering, applied }: Watching = {}): ConsumerDefinition<Sql> => ({
  as: 'garden.plants',
  events: [PlantGrew],
  poison: 'stop',
  handle: (event, tx) => {
    const { plantId, height } = event.data as DataOf<typeof PlantGrew>;
    return take([{ id: plantId, height, version: (event as EventOf<typeof PlantGrew>).aggregateVersion }], tx);
  },
  bootstrap: {
    from: 'nursery',
    page: async (after) => {
      await asked?.(after);
      const plants = await owner.query<Plant>(`SELECT id, height, version FROM owned WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT ${PAGE + 1}`, [after ?? null]);
      await answering?.();
      const items = plants.slice(0, PAGE);
      return { items, next: plants.length > PAGE ? items.at(-1)!.id : null };
    },
    apply: async (items, tx) => {
      await take(items as readonly Plant[], tx);
      await applied?.();
    },
  },
});
