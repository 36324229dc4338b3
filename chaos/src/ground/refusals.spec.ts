import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { busEnvironment, createLog, Health, openBus, ProcessSettings, type Process } from '@mela/chassis';
import { openPart } from '@mela/infra';
import { Registry } from 'prom-client';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../test/eventually.ts';
import { ROLE_LOG_LEVEL } from './open-ground.ts';
import { refusalsIn } from './refusals.ts';

it('a role that was refused a right is found by its log, once for each right', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mela-refusals-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const nats = await openPart('nats', {
    dataDir: folder, env: {}, throwaway: true, natsUsers: [{ name: 'shop', publish: { allow: ['bell.shop'], deny: [] }, subscribe: { allow: ['_INBOX_shop.>'] } }],
  });
  onTestFinished(() => nats.stop());
  const logs = join(folder, 'logs');
  const file = join(logs, 'shop.log');
  await mkdir(logs);
  const log = createLog(ROLE_LOG_LEVEL, createWriteStream(file));
  const environment = busEnvironment(nats.url, nats.passwords);
  const shop: Process = { environment, settings: ProcessSettings.parse(environment), log, metrics: new Registry(), health: new Health(), local: undefined, poolShare: 1 };
  const nc = await openBus(shop, 'shop', log);
  onTestFinished(() => nc.close());

  for (const _ of [1, 2]) nc.publish('evt.user.registered.0');
  nc.subscribe('evt.>', { callback: () => undefined });
  await eventually(() => readFile(file, 'utf8').catch(() => ''), (text) => text.split('\n').length > 3);
  await writeFile(join(logs, 'api.log'), 'Ready\n');
  const refused = (to: string) => ({ invariant: 'rights', what: `shop was refused to ${to}`, about: [] });
  expect(await refusalsIn(logs)).toEqual([refused('publish evt.user.registered.0'), refused('subscribe evt.>')]);
});
