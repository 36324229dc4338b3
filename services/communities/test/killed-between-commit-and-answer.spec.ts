import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { communities } from '@mela/contracts';
import { MelaProcess, sendOperation, World } from '@mela/testkit';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

/** A world of its own, because one of its processes dies. */
let data: string;
const processes: MelaProcess[] = [];
let world: World;

function begin(args: string[], environment: NodeJS.ProcessEnv = {}): MelaProcess {
  const process = new MelaProcess([...args, '--data', data], environment);
  processes.push(process);
  return process;
}

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'mela-killed-'));
  await begin(['up', '--parts-only']).ready();
  const [api] = await Promise.all([begin(['run', 'api']).ready(), begin(['run', 'identity']).ready()]);
  world = new World({ api: api['api']!, realtime: '', data, mailbox: '', oidc: '' });
}, 180_000);

afterAll(async () => {
  for (const process of processes.toReversed()) await process.stop();
  await rm(data, { recursive: true, force: true });
});

async function communitiesCalled(name: string): Promise<number> {
  const environment = parseEnv(await readFile(join(data, 'development.env'), 'utf8'));
  const client = new Client({ connectionString: environment['COMMUNITIES_DATABASE_URL'] });
  await client.connect();
  const { rows } = await client.query('SELECT count(*)::int AS n FROM community WHERE name = $1', [name]);
  await client.end();
  return rows[0].n;
}

it('a command killed between its commit and its answer takes effect once, and the retry gets the answer', async () => {
  const doomed = begin(['run', 'communities'], { MELA_FAIL_POINT: 'command.committed' });
  await doomed.ready();
  const asha = await world.someone('Asha');
  const found = () => sendOperation(world.addresses.api, communities.create, { name: 'Night Runners' }, { token: asha.token, idempotencyKey: 'founding' });

  const [lost] = await Promise.all([found(), doomed.ended]);
  expect(lost.ok).toBe(false);
  expect(await communitiesCalled('Night Runners')).toBe(1);

  const refused = await found();
  expect(refused.status).toBe(503);

  await begin(['run', 'communities']).ready();
  const retried = await found();
  expect([retried.status, retried.headers.get('idempotency-replayed')]).toEqual([200, 'true']);
  expect(await retried.json()).toMatchObject({ name: 'Night Runners' });
  expect(await communitiesCalled('Night Runners')).toBe(1);
});
