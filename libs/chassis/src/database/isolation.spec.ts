import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notesMigrations, openGround, type Ground } from '../service/notes.fixture.ts';
import { migrate } from './migrate.ts';

let ground: Ground;
beforeAll(async () => {
  ground = await openGround({ notes: notesMigrations, diary: notesMigrations, ledger: notesMigrations, shelf: notesMigrations });
});
afterAll(() => ground.remove());

async function as<R>(service: string, work: (client: Client) => Promise<R>): Promise<R> {
  const client = new Client({ connectionString: ground.environment[`${service.toUpperCase()}_DATABASE_URL`] });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

describe('a service’s role', () => {
  it('sees its own tables without naming the schema', async () => {
    await as('notes', async (client) => expect((await client.query('SELECT count(*) FROM note')).rowCount).toBe(1));
  });

  it.each(['SELECT * FROM notes.note', 'INSERT INTO notes.note VALUES (gen_random_uuid(), $$x$$)', 'SELECT * FROM notes.outbox', 'CREATE TABLE notes.mine (a int)', 'CREATE TABLE public.mine (a int)'])(
    'may not %s of another',
    async (statement) => {
      await as('diary', (client) => expect(client.query(statement)).rejects.toMatchObject({ code: '42501' }));
    },
  );

  it('may not become another', async () => {
    await as('diary', (client) => expect(client.query('SET ROLE mela_notes')).rejects.toMatchObject({ code: '42501' }));
  });
});

describe('migrations', () => {
  const column = [...notesMigrations, { name: '0002-colour', statements: ['ALTER TABLE note ADD COLUMN colour text'] }];

  it('are applied once by ten processes that start together', async () => {
    const applied = await Promise.all(Array.from({ length: 10 }, () => as('ledger', (client) => migrate(client, 'ledger', column))));
    expect(applied.flat()).toEqual(['0002-colour']);
  });

  it('do not make readers wait behind a step that waits for a long reader', async () => {
    const slow = [...notesMigrations, { name: '0003-size', statements: ['ALTER TABLE note ADD COLUMN size int'] }];
    await as('shelf', async (reader) => {
      await reader.query('BEGIN');
      await reader.query('SELECT * FROM note');
      const migrating = as('shelf', (client) => migrate(client, 'shelf', slow));
      await as('shelf', async (other) => {
        await other.query(`SET statement_timeout = 2000`);
        // The step takes its place in the queue again and again; a reader behind it waits 300 ms at the most.
        for (let round = 0; round < 20; round++) await other.query('SELECT * FROM note');
      });
      await reader.query('COMMIT');
      expect(await migrating).toEqual(['0003-size']);
    });
  });

  it('leave nothing of a step that fails, and say which it was', async () => {
    const broken = [...notesMigrations, { name: '0009-broken', statements: ['CREATE TABLE half (a int)', 'CREATE TABLE note (a int)'] }];
    await as('diary', async (client) => {
      await expect(migrate(client, 'diary', broken)).rejects.toThrow('0009-broken');
      await expect(client.query('SELECT * FROM half')).rejects.toMatchObject({ code: '42P01' });
    });
  });
});
