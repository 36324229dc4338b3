import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api, connectBus, Handles, STREAM } from '@mela/bus';
import { defineService, migrate, provision, runTargets, type RunningProcess, type ServiceTarget } from '@mela/chassis';
import { member, id, query, service } from '@mela/contracts';
import { openPart, type OpenPart } from '@mela/infra';
import { jetstreamManager } from '@nats-io/jetstream';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { communitiesService } from '../src/index.ts';

/** A service that authorises by membership, as any other does. */
const guests = service('guests', { greet: query({ summary: 'Greets', access: member('communityId'), input: z.object({ communityId: z.string() }), output: z.object({}) }) });

@Api()
class GuestApi {
  @Handles(guests.greet)
  async greet() {
    return {};
  }
}

const guestsService = defineService({ hosts: guests, entities: [], migrations: [], apis: [GuestApi], providers: [], members: 'replica' });

const MEMBERS = 10_000;

let folder: string;
let parts: OpenPart[];
let environment: Record<string, string>;
const clients: Client[] = [];
const running: RunningProcess[] = [];

async function prepared(postgres: string, { name, migrations }: ServiceTarget): Promise<Client> {
  const url = await provision(postgres, name, `password of ${name}`);
  environment[`${name.toUpperCase()}_DATABASE_URL`] = url;
  const client = new Client({ connectionString: url });
  clients.push(client);
  await client.connect();
  await migrate(client, name, migrations);
  return client;
}

async function boot(target: ServiceTarget): Promise<() => Promise<boolean>> {
  const process = await runTargets([target], environment);
  running.push(process);
  return async () => (await fetch(`${process.addresses['ops']}/health/ready`)).ok;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mela-replicas-'));
  const options = { dataDir: folder, env: {}, throwaway: true };
  parts = await Promise.all([openPart('postgres', options), openPart('nats', options)]);
  environment = { NATS_URL: parts[1]!.url, LOG_LEVEL: 'silent', OPS_PORT: '0', DATABASE_CONNECTIONS: '12' };
});

afterAll(async () => {
  for (const process of running.toReversed()) await process.stop();
  for (const client of clients) await client.end();
  for (const part of parts ?? []) await part.stop();
  await rm(folder, { recursive: true, force: true });
});

it('a service born late knows ten thousand memberships within seconds, and again when the stream is wiped under it', async () => {
  const [postgres, nats] = parts as [OpenPart, OpenPart];
  const owner = await prepared(postgres.url, communitiesService);
  await owner.query(`INSERT INTO community (id, name) VALUES ($1, 'Runners')`, [id(99)]);
  await owner.query(
    `INSERT INTO membership (community_id, user_id, role, version) SELECT $1, gen_random_uuid(), CASE WHEN n % 10 = 0 THEN NULL ELSE 'member' END, 1 + n % 3 FROM generate_series(1, ${MEMBERS}) n`,
    [id(99)],
  );
  await boot(communitiesService);

  const guest = await prepared(postgres.url, guestsService);
  const known = async (client: Client, table: string) => (await client.query(`SELECT user_id, role, version FROM ${table} ORDER BY user_id`)).rows;
  const inShort = async (client: Client, table: string): Promise<unknown> => (await client.query(`SELECT md5(string_agg(user_id || version::text, '' ORDER BY user_id)) FROM ${table}`)).rows;
  const began = performance.now();
  const ready = await boot(guestsService);
  await vi.waitUntil(ready, { timeout: 30_000, interval: 20 });
  console.log(`${MEMBERS} memberships known ${(performance.now() - began).toFixed(0)} ms after the boot began`);
  expect(await known(guest, 'members')).toEqual(await known(owner, 'membership'));

  await owner.query('UPDATE membership SET role = NULL, version = version + 1 WHERE role IS NOT NULL');
  const nc = await connectBus({ url: nats.url, name: 'wiper' });
  const since = performance.now();
  await (await jetstreamManager(nc)).streams.delete(STREAM);
  await vi.waitUntil(async () => !(await ready()), { timeout: 10_000, interval: 5 });
  // Whatever else was not ready meanwhile, and is again: it knows what its owner has.
  await expect.poll(() => inShort(guest, 'members'), { timeout: 30_000, interval: 50 }).toEqual(await inShort(owner, 'membership'));
  await vi.waitUntil(ready, { timeout: 30_000, interval: 20 });
  console.log(`and again ${(performance.now() - since).toFixed(0)} ms after the stream was wiped`);
  expect(await known(guest, 'members')).toEqual(await known(owner, 'membership'));
  await nc.close();
}, 90_000);
