import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { bareEnv, dataFolder, until } from '../spec/ground.ts';
import { settings } from './answers.ts';
import { findProgram } from './find-program.ts';
import { openPart, openParts, PartFault, survey, type PartName } from './index.ts';
import { anyFreePort, isFree } from './ports.ts';

const someoneElses = {} as Record<PartName, string>;

beforeAll(async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'mela infra '));
  const opened = await openParts({ dataDir, env: bareEnv, throwaway: true });
  Object.assign(someoneElses, { postgres: opened.databaseAdminUrl, nats: opened.natsUrl, redis: opened.redisUrl });
  return async () => {
    await opened.stop();
    await rm(dataDir, { recursive: true });
  };
});

async function openByUrl(part: PartName, url: string) {
  return openPart(part, { dataDir: await dataFolder(), env: { ...bareEnv, [settings[part].setting]: url } });
}

describe.each(['postgres', 'nats', 'redis'] as const)('%s from a URL', (part) => {
  const { setting } = settings[part];

  it('is used as it is, and never stopped', async () => {
    const url = someoneElses[part];
    const opened = await openByUrl(part, url);
    expect(opened).toMatchObject({ url, report: { how: 'url', part } });
    expect(opened.report.detail).toContain(setting);
    expect(opened.report.detail).not.toContain(new URL(url).password);

    await opened.stop();
    await expect(opened.crash()).rejects.toThrow('never stopped here');
    await expect(openByUrl(part, url)).resolves.toBeDefined();
  });

  it('is refused with a wrong password, which is not repeated', async () => {
    const url = new URL(someoneElses[part]);
    url.password = 'my-secret-word';
    const fault = await openByUrl(part, url.href).catch((error: Error) => error);
    expect(fault).toBeInstanceOf(PartFault);
    expect(String(fault)).toContain(`${setting}: ${settings[part].label} at ${url.host} does not serve`);
    expect(String(fault)).not.toContain('my-secret-word');
  });

  it('is refused when nobody answers there', async () => {
    const url = new URL(settings[part].example);
    url.host = `127.0.0.1:${await anyFreePort()}`;
    await expect(openByUrl(part, url.href)).rejects.toThrow(`at ${url.host} does not serve`);
  });

  it('is refused when it is no such address', async () => {
    await expect(openByUrl(part, 'http://:my-secret-word@somewhere')).rejects.toThrow(`${setting} is not an address of`);
    await expect(openByUrl(part, 'my-secret-word')).rejects.not.toThrow('my-secret-word');
  });
});

describe('a NATS from a URL', () => {
  it('is refused without JetStream', async () => {
    const { program } = await findProgram('nats', { env: bareEnv, dataDir: await dataFolder(), progress: () => undefined });
    const port = await anyFreePort();
    const server = spawn(program.command, ['--addr', '127.0.0.1', '--port', String(port)], { stdio: 'ignore' });
    onTestFinished(async () => {
      server.kill();
      await once(server, 'exit');
    });
    await until(async () => !(await isFree(port)), 5000);
    await expect(openByUrl('nats', `nats://127.0.0.1:${port}`)).rejects.toThrow('JetStream is off');
  });

  it('serves a user who may read no inbox but their own', async () => {
    const natsUsers = [{ name: 'night-owl', publish: { allow: ['$JS.API.INFO'], deny: [] }, subscribe: { allow: ['_INBOX_night_owl.>'] } }];
    const nats = await openPart('nats', { dataDir: await dataFolder(), env: bareEnv, throwaway: true, natsUsers });
    onTestFinished(() => nats.stop());
    const url = new URL(nats.url);
    Object.assign(url, { username: 'night-owl', password: nats.passwords['night-owl'] });
    await expect(openByUrl('nats', url.href)).resolves.toMatchObject({ report: { how: 'url' } });
  });
});

describe('three URLs', () => {
  it('need no data folder, and several processes may share them', async () => {
    const { postgres: DATABASE_ADMIN_URL, nats: NATS_URL, redis: REDIS_URL } = someoneElses;
    const options = { dataDir: '/nonexistent', env: { ...bareEnv, DATABASE_ADMIN_URL, NATS_URL, REDIS_URL } };
    const [one, another] = await Promise.all([openParts(options), openParts(options)]);
    expect(one.reports).toEqual(another.reports);
    const findings = await survey(options);
    expect(findings.map(({ use }) => use?.how)).toEqual(['url', 'url', 'url']);
  });
});
