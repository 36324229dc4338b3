import type { Ground } from '../service/notes.fixture.ts';
import { dataSource } from './data-source.ts';
import { Db } from './db.ts';

export interface OpenDb {
  readonly db: Db;
  /** How often somebody was told that events wait. */
  readonly rung: () => number;
  close(): Promise<void>;
}

/** A service's database with no relay behind it: what was emitted stays in the outbox, where it can be counted. */
export async function openDb(ground: Ground, service: string): Promise<OpenDb> {
  const url = ground.environment[`${service.toUpperCase()}_DATABASE_URL`]!;
  const source = await dataSource({ service, url, connections: 4, entities: [] }).initialize();
  let rung = 0;
  return { db: new Db(source, service, { ring: () => void rung++ }), rung: () => rung, close: () => source.destroy() };
}
