import { provision } from '@mela/chassis';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../test/eventually.ts';
import { named, openPartGround, strike } from './ground.fixture.ts';
import { postgresFaults } from './postgres.ts';

let opened: Awaited<ReturnType<typeof openPartGround>>;
let url: string;
beforeAll(async () => {
  opened = await openPartGround('postgres');
  url = await provision(opened.server.url, 'garden', 'a password');
  await ask('CREATE TABLE outbox (id int PRIMARY KEY)');
});
afterAll(() => opened.close());
beforeEach(() => ask('TRUNCATE outbox'));

/** As a service would, with a connection of its own each time. */
async function ask(sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  await client.connect();
  return client.query(sql).finally(() => client.end());
}

/** A session that a service would keep, and what became of it. */
async function kept() {
  const client = new pg.Client({ connectionString: url });
  const lost = new Promise<string>((resolve) => client.on('error', ({ message }) => resolve(message)));
  client.connection.stream.on('error', () => undefined);
  await client.connect();
  onTestFinished(() => client.end().catch(() => undefined));
  return { client, lost };
}

const fault = (name: string) => named(postgresFaults, name);
const rows = async () => (await ask('SELECT id FROM outbox ORDER BY id')).rows;

describe('harm to PostgreSQL', () => {
  it('killed, it is gone until it is healed and has kept what it acknowledged', async () => {
    const { client, lost } = await kept();
    await client.query('INSERT INTO outbox VALUES (1)');
    const harm = await strike(opened.ground, fault('postgres killed'));
    await lost;
    await expect(ask('SELECT 1')).rejects.toThrow();
    await harm.heal();
    expect(await rows()).toEqual([{ id: 1 }]);
  });

  it('told to quit at once, it ends every session and comes back by itself', async () => {
    const { client, lost } = await kept();
    await client.query('INSERT INTO outbox VALUES (2)');
    const before = opened.server.pid;
    const harm = await strike(opened.ground, fault('postgres quits'));
    await lost;
    await harm.heal();
    expect(opened.server.pid).not.toBe(before);
    expect(await rows()).toEqual([{ id: 2 }]);
  });

  it('ends every session of a service, and none of the administrator', async () => {
    const { lost } = await kept();
    const harm = await strike(opened.ground, fault('postgres sessions end'));
    expect(harm.what).toBe('1 sessions were terminated');
    expect(await lost).toMatch(/terminat/);
    expect(await rows()).toEqual([]);
  });

  it.each([{ who: 'those who are in stay', seed: 'spec 2' }, { who: 'nobody stays in', seed: 'spec' }])('exhausted, it takes nobody until the connections are given back: $who', async ({ seed }) => {
    const { client } = await kept();
    const harm = await strike(opened.ground, fault('postgres exhausted'), seed);
    await expect(ask('SELECT 1')).rejects.toThrow(/too many|remaining connection slots/);
    // Whoever had a connection still has it, or is not let in again.
    const answer = await client.query('SELECT 1').then(() => 'kept', () => 'lost');
    expect(answer).toBe(harm.what.includes("Mela's") ? 'lost' : 'kept');
    await harm.heal();
    await eventually(() => ask('SELECT 1').then(() => true, () => false), Boolean);
  });

  it('idle in a transaction, it lets nobody write into one outbox', async () => {
    const harm = await strike(opened.ground, fault('postgres idle in transaction'));
    expect(harm.what).toContain('garden.outbox');
    await expect(ask(`SET lock_timeout = '50ms'; INSERT INTO outbox VALUES (3)`)).rejects.toThrow('lock timeout');
    await harm.heal();
    await ask('INSERT INTO outbox VALUES (3)');
  });
});
