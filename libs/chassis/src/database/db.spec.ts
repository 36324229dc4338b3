import { within } from '@mela/bus';
import { NotFound } from '@mela/contracts';
import { v7 as uuid } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NoteWritten, notesMigrations, openGround, type Ground } from '../service/notes.fixture.ts';
import { dataSource } from './data-source.ts';
import { openDb, type OpenDb } from './db.fixture.ts';
import { Db } from './db.ts';
import { databaseOutage, DeadlinePassed } from './faults.ts';
import { lasting, type Tx } from './transaction.ts';

let ground: Ground;
let open: OpenDb;
let db: Db;

beforeAll(async () => {
  ground = await openGround({ notes: notesMigrations });
  open = await openDb(ground, 'notes');
  db = open.db;
});
afterAll(async () => {
  await open?.close();
  await ground?.remove();
});

/** Writes a note and says so; answers its id. */
async function write(tx: Tx, text: string): Promise<string> {
  const noteId = uuid();
  await tx.query('INSERT INTO note (id, text) VALUES ($1, $2)', [noteId, text]);
  tx.emit(NoteWritten, { id: noteId, version: 1 }, { noteId });
  return noteId;
}

/** Which of the notes are there, by text, and how many events tell of each. */
async function kept(...ids: string[]): Promise<Record<string, number>> {
  const rows = await db.query<{ text: string; events: number }>(
    'SELECT text, (SELECT count(*) FROM outbox WHERE aggregate_id = note.id::text)::int AS events FROM note WHERE id = ANY($1)', [ids]);
  return Object.fromEntries(rows.map(({ text, events }) => [text, events]));
}
const eventsOf = async (id: string) => (await db.query('SELECT 1 FROM outbox WHERE aggregate_id = $1', [id])).length;

describe('a transaction', () => {
  it('commits rows and events, and rings when there are events', async () => {
    const before = open.rung();
    const id = await db.transaction((tx) => write(tx, 'milk'));
    expect([await kept(id), open.rung()]).toEqual([{ milk: 1 }, before + 1]);
    await db.transaction((tx) => tx.query('SELECT 1'));
    expect(open.rung()).toBe(before + 1);
  });

  it.each([
    ['that is refused leaves nothing', NotFound(), 0],
    ['whose refusal lasts leaves it all', lasting(NotFound()), 1],
  ])('%s', async (_what, refusal, left) => {
    let id = '';
    expect(await db.transaction(async (tx) => ((id = await write(tx, 'refused')), refusal))).toMatchObject({ code: 'resource.not_found' });
    expect([Object.keys(await kept(id)).length, await eventsOf(id)]).toEqual([left, left]);
  });

  it.each<[string, (tx: Tx) => Promise<unknown>]>([
    ['of itself', (tx) => write(tx, 'late')],
    ['of the database', () => db.query('SELECT 1')],
  ])('is not asked for more once it is over: what nobody waited for is a fault (%s)', async (_of, ask) => {
    const after = Promise.withResolvers<void>();
    let late: Promise<unknown> = Promise.resolve();
    await db.transaction(async (tx) => {
      late = after.promise.then(() => ask(tx));
      late.catch(() => undefined);
    });
    after.resolve();
    await expect(late).rejects.toThrow('The transaction is over');
  });

  it('holds what is asked of the database meanwhile', async () => {
    const seen = await db.transaction(async (tx) => Object.keys(await kept(await write(tx, 'inside'))));
    expect(seen).toEqual(['inside']);
  });

  it('whose events cannot be written leaves nothing, though its commit was on its way by then', async () => {
    const before = open.rung();
    const id = uuid();
    const boundless = db.transaction(async (tx) => {
      await tx.query('INSERT INTO note (id, text) VALUES ($1, $2)', [id, 'boundless']);
      tx.emit(NoteWritten, { id, version: 2 ** 40 }, { noteId: id });
    });
    await expect(boundless).rejects.toThrow('out of range');
    expect([await kept(id), await eventsOf(id), open.rung()]).toEqual([{}, 0, before]);
    expect(await db.transaction((tx) => write(tx, 'afterwards'))).toBeDefined();
  });

  it('commits with it what goes along, and fails where that does', async () => {
    const [id, other] = [uuid(), uuid()];
    const put = (tx: Tx, ...note: [string, string | null]) => tx.query('INSERT INTO note (id, text) VALUES ($1, $2)', note);
    await db.transaction(async (tx) => tx.goesAlong(put(tx, id, 'along')));
    expect(await kept(id)).toEqual({ along: 0 });
    const spoilt = db.transaction(async (tx) => {
      tx.goesAlong(put(tx, id, 'once more'));
      await put(tx, other, 'beside').catch(() => undefined);
    });
    await expect(spoilt).rejects.toMatchObject({ code: '23505' });
    expect(await kept(other)).toEqual({});
  });

  it('is not committed where something that goes along was never sent', async () => {
    const id = uuid();
    const unsendable = db.transaction(async (tx) => {
      await tx.query('INSERT INTO note (id, text) VALUES ($1, $2)', [id, 'unsendable']);
      const circle: Record<string, unknown> = {};
      tx.goesAlong(tx.query('INSERT INTO note (id, text) VALUES ($1, $2)', [uuid(), (circle['of'] = circle)]));
    });
    await expect(unsendable).rejects.toThrow('circular');
    expect(await kept(id)).toEqual({});
  });

  it('that a failed statement has spoilt is not said to be committed', async () => {
    let id = '';
    const before = open.rung();
    const careless = db.transaction(async (tx) => {
      id = uuid();
      await tx.query('INSERT INTO note (id, text) VALUES ($1, $2)', [id, 'careless']);
      await tx.query('SELECT 1 / 0').catch(() => undefined);
    });
    await expect(careless).rejects.toThrow('PostgreSQL undid it all');
    expect([await kept(id), open.rung()]).toEqual([{}, before]);
  });
});

describe('a transaction inside another', () => {
  it('that breaks is undone alone, rows and events, and the outer one goes on', async () => {
    const ids: string[] = [];
    await db.transaction(async (tx) => {
      ids.push(await write(tx, 'before'));
      const inner = db.transaction(async (part) => {
        ids.push(await write(part, 'within'));
        await part.query('SELECT 1 / 0');
      });
      await expect(inner).rejects.toThrow('division by zero');
      ids.push(await write(tx, 'after'));
    });
    expect(await kept(...ids)).toEqual({ before: 1, after: 1 });
    expect(await eventsOf(ids[1]!)).toBe(0);
  });

  it('that is refused is undone alone, with what it held', async () => {
    const ids: string[] = [];
    await db.transaction(async (tx) => {
      ids.push(await write(tx, 'outer'));
      await db.transaction(async (part) => {
        ids.push(await write(part, 'middle'));
        await db.transaction(async (innermost) => void ids.push(await write(innermost, 'innermost')));
        return NotFound();
      });
      await db.transaction(async (part) => void ids.push(await write(part, 'sibling')));
    });
    expect(await kept(...ids)).toEqual({ outer: 1, sibling: 1 });
    expect(await Promise.all(ids.map(eventsOf))).toEqual([1, 0, 0, 1]);
  });

  it('shares the fate of the outer one', async () => {
    const ids: string[] = [];
    const broken = db.transaction(async () => {
      await db.transaction(async (part) => void ids.push(await write(part, 'doomed')));
      throw new Error('the pen broke');
    });
    await expect(broken).rejects.toThrow('the pen broke');
    expect([await kept(...ids), await eventsOf(ids[0]!)]).toEqual([{}, 0]);
  });
});

describe('two that wait for each other', () => {
  it('both commit: the one that PostgreSQL stops runs again, and its events leave once', async () => {
    const [left, right] = await db.transaction(async (tx) => [await write(tx, 'left'), await write(tx, 'right')] as const);
    const [bothHold, oneIsDone] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let attempts = 0;
    let holding = 0;
    const swap = async (first: string, second: string) => {
      const id = await db.transaction(async (tx) => {
        // The rows are anybody's when one is stopped: run again at once, it could take its first before the other has it.
        if (++attempts > 2) await oneIsDone.promise;
        const told = await write(tx, 'told');
        await tx.query('UPDATE note SET text = text WHERE id = $1', [first]);
        if (++holding === 2) bothHold.resolve();
        await bothHold.promise;
        await tx.query('UPDATE note SET text = text WHERE id = $1', [second]);
        return told;
      });
      oneIsDone.resolve();
      return id;
    };
    const told = await Promise.all([swap(left, right), swap(right, left)]);
    expect(attempts).toBe(3);
    expect(await Promise.all(told.map(eventsOf))).toEqual([1, 1]);
    expect(await db.query('SELECT 1 FROM note WHERE text = $1', ['told'])).toHaveLength(2);
  });

  it.each([
    ['40001', 4],
    ['23505', 1],
  ])('or fail otherwise: %s is tried %i times at the most', async (state, tries) => {
    let attempts = 0;
    const failing = db.transaction(async (tx) => {
      attempts++;
      await tx.query(`DO $$ BEGIN RAISE EXCEPTION 'no luck' USING ERRCODE = '${state}'; END $$`);
    });
    await expect(failing).rejects.toThrow('no luck');
    expect(attempts).toBe(tries);
  });
});

describe('an answer that is of no use any more', () => {
  const late = <R>(work: () => Promise<R>) => within({ traceparent: 'x', deadline: Date.now() - 1 }, work);

  it('is not worked for: not even a connection is taken', async () => {
    // Never opened: whatever asked it for a connection would fail in another way.
    const unopened = new Db(dataSource({ service: 'notes', url: ground.environment['NOTES_DATABASE_URL']!, connections: 1, entities: [] }), 'notes', { ring() {} });
    let begun = false;
    await expect(late(() => unopened.transaction(async () => void (begun = true)))).rejects.toBeInstanceOf(DeadlinePassed);
    expect(begun).toBe(false);
  });

  it('is finished when it had begun', async () => {
    const id = await db.transaction((tx) => late(() => db.transaction(() => write(tx, 'begun'))));
    expect(await kept(id)).toEqual({ begun: 1 });
  });
});

it('a connection that goes in the middle is an outage, wherever its transaction was', async () => {
  const other = await openDb(ground, 'notes');
  const terminate = (pid: number) => other.db.query('SELECT pg_terminate_backend($1)', [pid]);
  for (const waits of [true, false]) {
    const fault = await db
      .transaction(async (tx) => {
        const [session] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
        await terminate(session!.pid);
        // Between two statements the driver tells nobody but those who listen to the connection.
        if (waits) await expect.poll(() => tx.query('SELECT 1').then(() => 'fine', () => 'gone')).toBe('gone');
        await write(tx, 'never kept');
      })
      .catch((thrown: unknown) => thrown);
    expect(databaseOutage(fault)).toMatchObject({ status: 503, code: 'service.unavailable' });
  }
  await other.close();
});
