import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { identity, notifications as contract } from '@mela/contracts';
import { openSandbox, type Mail, type Sandbox } from '@mela/sandbox';
import { askOperation, MelaProcess, World } from '@mela/testkit';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

/** A Mela of its own, whose notifications die; and a mail server that this test breaks. */
let data: string;
let sandbox: Sandbox;
let world: World;
let rows: Client;
let redis: Redis;
let settings: NodeJS.Dict<string>;
const processes: MelaProcess[] = [];
let people = 0;

const QUICK = { MAIL_TIMEOUT_SECONDS: '1', MAIL_RETRY_SECONDS: '1', MAIL_SWEEP_SECONDS: '1' };

function begin(args: string[], environment: NodeJS.ProcessEnv = {}): MelaProcess {
  const process = new MelaProcess([...args, '--data', data], { ...QUICK, ...environment });
  processes.push(process);
  return process;
}

async function notifications(environment: NodeJS.ProcessEnv = {}): Promise<MelaProcess> {
  const process = begin(['run', 'notifications'], environment);
  await process.ready();
  return process;
}

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'mela-mails-'));
  sandbox = await openSandbox({ env: {} });
  await begin(['up', '--parts-only'], sandbox.settings).ready();
  const [api] = await Promise.all([begin(['run', 'api']).ready(), begin(['run', 'identity']).ready()]);
  world = new World({ api: api['api']!, realtime: '', data, mailbox: sandbox.address , oidc: ''});
  settings = parseEnv(await readFile(join(data, 'development.env'), 'utf8'));
  rows = new Client({ connectionString: settings['NOTIFICATIONS_DATABASE_URL'] });
  await rows.connect();
  redis = new Redis(settings['REDIS_URL']!);
}, 180_000);

afterEach(() => sandbox.smtp.faults.clear());

afterAll(async () => {
  await rows?.end();
  redis?.disconnect();
  for (const process of processes.toReversed()) await process.stop();
  await sandbox?.stop();
  await rm(data, { recursive: true, force: true });
});

const register = async (count: number): Promise<string[]> => {
  const made = await Promise.all(Array.from({ length: count }, () => world.someone(`Reader ${++people}`.replace(' ', '-'))));
  return made.map(({ email }) => email);
};

/** Every mail that is owed is there, and settled; how many came, and under how many names. */
async function arrived(addresses: readonly string[]): Promise<{ readers: number; mails: number; names: number }> {
  const came = (): readonly Mail[] => addresses.flatMap((address) => sandbox.mailbox.list(address));
  await expect.poll(() => new Set(came().map(({ to }) => to[0])).size, { timeout: 60_000, interval: 50 }).toBe(addresses.length);
  await expect.poll(async () => (await rows.query(`SELECT count(*)::int AS n FROM mail WHERE state = 'waiting'`)).rows[0].n, { timeout: 60_000, interval: 50 }).toBe(0);
  const mails = came();
  return { readers: new Set(mails.map(({ to }) => to[0])).size, mails: mails.length, names: new Set(mails.map(({ messageId }) => messageId)).size };
}

const settled = async (state: string): Promise<{ attempts: number; reason: string | null }[]> =>
  (await rows.query(`SELECT attempts, reason FROM mail WHERE state = $1 ORDER BY created_at DESC`, [state])).rows;

describe('every mail that is owed arrives', () => {
  it('where the process dies before the mail server has it, and after: what comes twice has one name', async () => {
    const addresses: string[] = [];
    for (const point of ['mail.sending', 'mail.accepted', 'consumer.committing', 'consumer.committed']) {
      const doomed = await notifications({ MELA_FAIL_POINT: point });
      addresses.push(...(await register(3)));
      await doomed.ended;
    }
    const last = await notifications();
    const { readers, mails, names } = await arrived(addresses);
    expect([readers, names]).toEqual([12, 12]);
    expect(mails).toBeGreaterThanOrEqual(12);
    console.log(`12 mails owed, 4 deaths: ${mails} came, ${names} different`);
    await last.stop();
  }, 180_000);

  it('where Redis is emptied, again and again, and where it happens between the commit and the job', async () => {
    sandbox.smtp.faults.plan({ kind: 'refuse', code: 451 }, 10);
    const process = await notifications();
    const addresses = await register(20);
    for (let time = 0; time < 5; time++) {
      await redis.flushall();
      addresses.push(...(await register(1)));
    }
    const { readers, names } = await arrived(addresses);
    expect([readers, names]).toEqual([25, 25]);
    await process.stop();
  }, 180_000);

  it('where the mail server says “not now”, breaks off with the mail in hand or without it, is slow, and is away', async () => {
    const process = await notifications();
    for (const fault of [{ kind: 'refuse', code: 421 }, { kind: 'refuse', code: 450, at: 'recipient' }, { kind: 'drop', taken: true }, { kind: 'drop', taken: false }, { kind: 'slow', ms: 3_000 }] as const)
      sandbox.smtp.faults.plan(fault, 2);
    const addresses = await register(10);
    const first = await arrived(addresses);
    expect([first.readers, first.names]).toEqual([10, 10]);

    await sandbox.smtp.close();
    const later = await register(5);
    await expect.poll(async () => (await rows.query(`SELECT count(*)::int AS n FROM mail WHERE state = 'waiting' AND attempts > 0`)).rows[0].n, { timeout: 30_000 }).toBe(5);
    await sandbox.smtp.open();
    expect(await arrived(later)).toMatchObject({ readers: 5, names: 5 });
    await process.stop();
  }, 180_000);
});

/** Somebody who looks after the platform, and their token. */
async function admin(): Promise<string> {
  const asha = await world.someone('Asha');
  const people = new Client({ connectionString: settings['IDENTITY_DATABASE_URL'] });
  await people.connect();
  await people.query(`UPDATE person SET role = 'admin' WHERE id = $1`, [asha.id]);
  await people.end();
  return (await askOperation(world.addresses.api, identity.signIn, { email: asha.email, password: asha.password })).accessToken;
}

it('what is refused for good has failed, with the reason and without the address, until somebody has it tried again', async () => {
  const process = await notifications();
  sandbox.smtp.faults.plan({ kind: 'refuse', code: 550, at: 'recipient' });
  const [address] = await register(1);
  await expect.poll(async () => (await settled('failed')).length, { timeout: 30_000 }).toBe(1);
  const [failed] = await settled('failed');
  expect(failed).toEqual({ attempts: 1, reason: '550 5.1.1 at RCPT TO' });
  expect(sandbox.mailbox.list(address)).toEqual([]);

  const member = await world.someone('Ravi');
  expect(await member.isRefused(contract.mails, {})).toMatchObject({ status: 403 });
  const token = await admin();
  const { items } = await askOperation(world.addresses.api, contract.mails, {}, { token });
  expect(items).toMatchObject([{ about: 'verification', state: 'failed', reason: '550 5.1.1 at RCPT TO' }]);
  expect(await askOperation(world.addresses.api, contract.tryMailAgain, { mailId: items[0]!.id }, { token })).toMatchObject({ state: 'waiting' });
  await arrived([address!]);
  await expect(askOperation(world.addresses.api, contract.tryMailAgain, { mailId: items[0]!.id }, { token })).rejects.toMatchObject({ status: 409, code: 'mail.not_failed' });
  await process.stop();
}, 60_000);
