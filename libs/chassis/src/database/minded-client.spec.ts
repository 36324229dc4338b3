import { createServer, type AddressInfo, type Server } from 'node:net';
import { Query } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openGround, type Ground } from '../service/notes.fixture.ts';
import { dataSource } from './data-source.ts';
import { MindedClient } from './minded-client.ts';
import { oftenAsked } from './often-asked.ts';

const message = (type: string, body: Buffer): Buffer => {
  const head = Buffer.from(`${type}....`);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const welcome = Buffer.concat([message('R', Buffer.from([0, 0, 0, 0])), message('Z', Buffer.from('I'))]);
const farewell = message('E', Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0'));

/** A server that dies while it says welcome: both arrive at once. */
let dying: Server;
let url: string;
beforeEach(async () => {
  dying = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(Buffer.concat([welcome, farewell])));
  });
  await new Promise<void>((resolve) => void dying.listen(0, '127.0.0.1', resolve));
  url = `postgres://mela@127.0.0.1:${(dying.address() as AddressInfo).port}/mela`;
});
afterEach(() => new Promise((resolve) => dying.close(resolve)));

it('a connection that ends as it begins is a fault of what is asked on it, and not of the process', async () => {
  const client = new MindedClient({ connectionString: url });
  await client.connect();
  await expect(client.query('SELECT 1')).rejects.toThrow();
});

it('the pool of a service outlives it, too', async () => {
  const source = dataSource({ service: 'notes', url, connections: 2, entities: [] });
  await expect(source.initialize()).rejects.toThrow();
});

describe('what is asked of it', () => {
  let ground: Ground;
  let client: MindedClient;
  beforeAll(async () => {
    ground = await openGround({});
    client = new MindedClient({ connectionString: ground.postgres.url });
    await client.connect();
  });
  afterAll(async () => {
    await client?.end();
    await ground?.remove();
  });

  it('is answered by promise and by callback, with and without values', async () => {
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    expect((await client.query('SELECT $1::int AS one', [2])).rows).toEqual([{ one: 2 }]);
    expect((await client.query({ text: 'SELECT $1::int AS one', values: [3], rowMode: 'array' })).rows).toEqual([[3]]);
    const told = await new Promise((resolve, reject) => client.query('SELECT $1::int AS one', [4], (fault, { rows }) => (fault ? reject(fault) : resolve(rows))));
    expect(told).toEqual([{ one: 4 }]);
    const events = new Query('SELECT 5 AS one');
    const row = new Promise((resolve) => void events.on('row', resolve));
    client.query(events);
    expect(await row).toEqual({ one: 5 });
  });

  it('fails where it was asked', async () => {
    const ask = async () => client.query('SELECT nothing');
    const fault = await ask().catch((error: unknown) => error as Error & { code: string });
    expect(fault).toMatchObject({ code: '42703', message: expect.stringContaining('nothing') });
    expect((fault as Error).stack).toContain('minded-client.spec.ts');
    await expect(client.query('SELECT 1')).resolves.toBeDefined();
  });

  it('goes out together where it is asked in one breath', async () => {
    const pipelined = new MindedClient({ connectionString: ground.postgres.url, pipeline: true });
    await pipelined.connect();
    const pieces = vi.spyOn(pipelined.connection.stream, '_writev' as never);
    const answers = await Promise.all([1, 2, 3].map((n) => pipelined.query('SELECT $1::int AS n', [n])));
    expect(answers.map(({ rows }) => rows)).toEqual([[{ n: 1 }], [{ n: 2 }], [{ n: 3 }]]);
    expect(pieces).toHaveBeenCalledTimes(1);
    expect((await pipelined.query('SELECT 4 AS n')).rows).toEqual([{ n: 4 }]);
    await pipelined.end();
  });

  it('is kept by each connection where it is often asked, also several times in one breath', async () => {
    const often = oftenAsked('SELECT $1::int * 2 AS twice');
    expect(oftenAsked(often)).toBe(often);
    const pipelined = new MindedClient({ connectionString: ground.postgres.url, pipeline: true });
    await pipelined.connect();
    const answers = await Promise.all([1, 2, 3].map((n) => pipelined.query(often, [n])));
    expect(answers.map(({ rows }) => rows)).toEqual([[{ twice: 2 }], [{ twice: 4 }], [{ twice: 6 }]]);
    const planned = await pipelined.query<{ statement: string }>('SELECT statement FROM pg_prepared_statements');
    expect(planned.rows).toEqual([{ statement: often }]);
    await pipelined.end();
  });
});
