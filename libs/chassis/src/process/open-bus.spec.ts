import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { openPart, type NatsUser, type OpenPart } from '@mela/infra';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { Health } from '../health/health.ts';
import { busEnvironment } from '../settings/bus-settings.ts';
import { ProcessSettings } from '../settings/process-settings.ts';
import { createLog } from './log.ts';
import { openBus } from './open-bus.ts';
import type { Process } from './target.ts';

const shop: NatsUser = { name: 'shop', publish: { allow: ['bell.shop'], deny: [] }, subscribe: { allow: ['_INBOX_shop.>'] } };

let folder: string;
let nats: OpenPart;
let environment: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mela-open-bus-'));
  nats = await openPart('nats', { dataDir: folder, env: {}, throwaway: true, natsUsers: [shop] });
  environment = busEnvironment(nats.url, nats.passwords);
});
afterAll(async () => {
  await nats?.stop();
  await rm(folder, { recursive: true, force: true });
});

function processOf(all: Record<string, string>) {
  const lines: Record<string, unknown>[] = [];
  const log = createLog('info', new Writable({ write: (chunk, _encoding, done) => (lines.push(JSON.parse(String(chunk))), done()) }));
  const metrics = new Registry();
  const process: Process = { environment: all, settings: ProcessSettings.parse(all), log, metrics, health: new Health(), local: undefined, poolShare: 1 };
  return { lines, metrics, open: () => openBus(process, 'shop', log) };
}

it.each<[string, () => Record<string, string>, string]>([
  ['a wrong password', () => ({ SHOP_NATS_PASSWORD: 'a password that was guessed' }), 'refuses the user "shop": SHOP_NATS_PASSWORD is wrong'],
  ['no password', () => ({ SHOP_NATS_PASSWORD: '' }), 'SHOP_NATS_PASSWORD is missing'],
  ['an address with credentials that nobody has', () => ({ NATS_URL: environment['NATS_URL']!.replace('://', '://me:guessed@') }), 'refuses the user "me": the user or the password in NATS_URL is wrong'],
])('%s stops the boot, and the setting is named', async (_what, changed, told) => {
  const fault = await processOf({ ...environment, ...changed() }).open().then(() => expect.fail('It was let in'), (error: Error) => error);
  expect(fault.message).toContain(told);
  expect(fault.message).not.toContain('guessed');
});

it('what the server refuses is in the log and in the metrics', async () => {
  const { lines, metrics, open } = processOf(environment);
  const nc = await open();
  onTestFinished(() => nc.close());
  const counted = async (of: string) => (await metrics.getSingleMetric('mela_bus_refused_total')!.get()).values.find(({ labels }) => labels['of'] === of);
  expect(await counted('publish')).toMatchObject({ value: 0, labels: { service: 'shop' } });

  for (let i = 0; i < 20; i++) nc.publish('evt.till.opened.0');
  nc.subscribe('>', { callback: () => undefined });
  await nc.flush();
  await vi.waitFor(async () => expect([await counted('publish'), await counted('subscribe')]).toMatchObject([{ value: 20 }, { value: 1 }]));
  const told = lines.filter(({ msg }) => String(msg).startsWith('The message bus refuses this'));
  expect(told.filter(({ of }) => of === 'publish').map(({ subject, times }) => [subject, times])).toEqual([1, 2, 3, 4, 8, 16].map((times) => ['evt.till.opened.0', times]));
  expect(told.filter(({ of }) => of === 'subscribe')).toMatchObject([{ subject: '>', level: 50 }]);
});

it('credentials that are taken away are told of, and good again when they are given back', async () => {
  const own = await mkdtemp(join(tmpdir(), 'mela-revoked-'));
  onTestFinished(() => rm(own, { recursive: true, force: true }));
  // Reopened on its folder, the server has the port and the passwords it had.
  const server = (natsUsers: NatsUser[]) => openPart('nats', { dataDir: own, env: {}, throwaway: true, natsUsers });
  let part = await server([shop]);
  onTestFinished(() => part.stop());
  const { lines, metrics, open } = processOf(busEnvironment(part.url, part.passwords));
  const nc = await open();
  onTestFinished(() => nc.close());

  await part.stop();
  part = await server([]);
  await vi.waitFor(() => expect(lines).toContainEqual(expect.objectContaining({ of: 'connect', msg: expect.stringContaining('does not take these credentials') })), { timeout: 10_000 });
  await vi.waitFor(async () => expect((await metrics.getSingleMetric('mela_bus_refused_total')!.get()).values.find(({ labels }) => labels['of'] === 'connect')?.value).toBeGreaterThan(2), { timeout: 10_000 });
  expect(nc.isClosed()).toBe(false);

  await part.stop();
  part = await server([shop]);
  await vi.waitFor(() => expect(lines.at(-1)).toMatchObject({ msg: 'The message bus is back' }), { timeout: 10_000 });
  expect(await nc.rtt()).toBeGreaterThanOrEqual(0);
});
