import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Asker, connectBus, encodeJson, header } from '@mela/bus';
import { migrate, provision, runTargets, type RunningProcess } from '@mela/chassis';
import { identity, type Operation, type Session, type SigningKey } from '@mela/contracts';
import { openPart, type OpenPart } from '@mela/infra';
import type { NatsConnection } from '@nats-io/transport-node';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { identityService } from '../src/index.ts';

/** Two replicas on one database and one bus, as a cluster runs them. */
let folder: string;
let parts: OpenPart[];
let environment: Record<string, string>;
let replicas: RunningProcess[];
let nc: NatsConnection;
let database: Client;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mela-identity-'));
  const options = { dataDir: folder, env: {}, throwaway: true };
  const [postgres, nats, redis] = await Promise.all([openPart('postgres', options), openPart('nats', options), openPart('redis', options)]);
  parts = [postgres, nats, redis];
  const url = await provision(postgres.url, 'identity', 'a password of this spec');
  database = new Client({ connectionString: url });
  await database.connect();
  await migrate(database, 'identity', identityService.migrations);
  environment = {
    NATS_URL: nats.url, REDIS_URL: redis.url, IDENTITY_DATABASE_URL: url, IDENTITY_KEY_SECRET: 'a secret of these specs, long enough to pass',
    LOG_LEVEL: 'silent', DATABASE_CONNECTIONS: '12',
  };
  replicas = await Promise.all([1, 2].map(() => runTargets([identityService], environment)));
  nc = await connectBus({ url: nats.url, name: 'test' });
});

afterAll(async () => {
  await nc?.close();
  await database?.end();
  for (const replica of replicas ?? []) await replica.stop();
  for (const part of parts ?? []) await part.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Whichever replica is nearer to hand answers. */
async function ask(operation: Operation, input: object, { token, key }: { token?: string; key?: string } = {}) {
  const sent = new Map<string, string>();
  if (token !== undefined) sent.set(header.token, `Bearer ${token}`);
  if (key !== undefined) sent.set(header.idempotencyKey, key);
  const reply = await new Asker({ nc, mayAsk: 'anything' }).exchange(operation, encodeJson(input), sent);
  return { status: reply.status, body: JSON.parse(new TextDecoder().decode(reply.body)) };
}

let people = 0;
const password = 'a long password';
const someone = async (): Promise<Session> =>
  (await ask(identity.register, { email: `someone-${++people}@example.org`, password, name: 'Someone' })).body as Session;

describe('two replicas of identity', () => {
  it('sign with one key, and each takes the other’s tokens', async () => {
    const { accessToken, person } = await someone();
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(identity.me, {}, { token: accessToken })));
    expect(answers).toEqual(Array.from({ length: 20 }, () => ({ status: 200, body: person })));
    expect((await ask(identity.jwks, {})).body.keys).toHaveLength(2);
  });

  it('refuse what a withdrawn key signed within a second, each of them, though they have taken it before; and refreshing gives another', async () => {
    const { accessToken, refreshToken, person } = await someone();
    const answers = () => Promise.all(Array.from({ length: 20 }, () => ask(identity.me, {}, { token: accessToken })));
    expect((await answers()).every(({ status }) => status === 200)).toBe(true);
    const { body } = await ask(identity.rotateSigningKey, { compromised: true });
    expect(body.keys.map(({ state }: SigningKey) => state).filter((state: string) => state !== 'withdrawn')).toEqual(['signing', 'next']);
    await vi.waitFor(async () => {
      for (const answer of await answers()) expect(answer).toMatchObject({ status: 401, body: { code: 'auth.invalid_token' } });
    }, { timeout: 1_000, interval: 10 });
    const again = (await ask(identity.refresh, { refreshToken })).body as Session;
    expect(await ask(identity.me, {}, { token: again.accessToken })).toEqual({ status: 200, body: person });
  });

  it('rotate for nobody who has a token', async () => {
    const { accessToken } = await someone();
    for (const operation of [identity.signingKeys, identity.rotateSigningKey]) expect(await ask(operation, {}, { token: accessToken })).toMatchObject({ status: 403 });
  });

  it('make one account of fifty registrations', async () => {
    const draft = { email: 'race@example.org', password, name: 'Race' };
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(identity.register, draft)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status !== 200).every(({ status, body }) => status === 409 && body.code === 'identity.email_taken')).toBe(true);
  });

  it('end a session whose old token comes back, also under an Idempotency-Key', async () => {
    const first = await someone();
    const second = (await ask(identity.refresh, { refreshToken: first.refreshToken })).body as Session;
    await database.query(`UPDATE session SET rotated_at = now() - interval '31 seconds' WHERE person_id = $1`, [first.person.id]);
    expect(await ask(identity.refresh, { refreshToken: first.refreshToken }, { key: 'a-thiefs' })).toMatchObject({ status: 401, body: { code: 'identity.refresh_refused' } });
    expect(await ask(identity.refresh, { refreshToken: second.refreshToken })).toMatchObject({ status: 401 });
  });

  it('give the same successor to fifty refreshes at once, and leave one living family', async () => {
    const { refreshToken, person } = await someone();
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(identity.refresh, { refreshToken })));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.refreshToken}`)).size).toBe(1);
    const { rows } = await database.query('SELECT generation, revoked_at FROM session WHERE person_id = $1', [person.id]);
    expect(rows).toEqual([{ generation: 2, revoked_at: null }]);
  });

  it('let a person hear what concerns them, and nobody else', async () => {
    const [asha, ravi] = [await someone(), await someone()];
    const topic = `person:${asha.person.id}`;
    expect(await ask(identity.hearing, { topic }, { token: asha.accessToken })).toEqual({ status: 200, body: { topic, scope: topic, since: asha.person.createdAt } });
    expect(await ask(identity.hearing, { topic }, { token: ravi.accessToken })).toMatchObject({ status: 403, body: { code: 'topic.forbidden' } });
  });

  it('answer a name that PostgreSQL cannot store with 400', async () => {
    const draft = { email: 'nul@example.org', password, name: 'a\0b' };
    expect(await ask(identity.register, draft)).toMatchObject({ status: 400, body: { faults: [{ field: 'name' }] } });
  });
});

describe('a replica', () => {
  it('does not start with another secret than the keys were sealed with', async () => {
    const other = { ...environment, IDENTITY_KEY_SECRET: 'another secret, just as long as the first' };
    await expect(runTargets([identityService], other)).rejects.toThrow('IDENTITY_KEY_SECRET');
  });

  it('does not start without a secret, or with a placeholder', async () => {
    for (const secret of ['', 'short', 'changeme-changeme-changeme-changeme'])
      await expect(runTargets([identityService], { ...environment, IDENTITY_KEY_SECRET: secret })).rejects.toThrow('IDENTITY_KEY_SECRET');
  });
});
