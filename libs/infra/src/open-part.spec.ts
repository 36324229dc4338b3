import { chmod, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bareEnv, dataFolder } from '../spec/ground.ts';
import { natsNotes, postgresNotes, redisNotes } from '../spec/notes.ts';
import { MissingPart, openPart, portOwner, type PartName, type PartsOptions } from './index.ts';

async function open(part: PartName, options: Partial<PartsOptions> = {}) {
  const opened = await openPart(part, { dataDir: await dataFolder(), env: bareEnv, ...options });
  onTestFinished(() => opened.stop());
  return opened;
}

describe.each([
  { part: 'postgres' as const, notesOf: postgresNotes },
  { part: 'nats' as const, notesOf: natsNotes },
  { part: 'redis' as const, notesOf: redisNotes },
])('$part of our own', ({ part, notesOf }) => {
  it('comes back at the same address with its data', async () => {
    const opened = await open(part, { throwaway: true });
    const [notes, before] = [notesOf(opened.url), opened.pid];
    await notes.write('kept');
    await opened.restart();
    expect(await notes.read()).toBe('kept');
    expect(opened.pid).not.toBe(before);
  });

  it('keeps what it acknowledged through a crash', async () => {
    const opened = await open(part);
    const notes = notesOf(opened.url);
    await notes.write('acknowledged');
    await opened.crash();
    await expect(notes.read()).rejects.toThrow();
    await opened.restart();
    expect(await notes.read()).toBe('acknowledged');
  });

  // Read from /proc, which only Linux has.
  it.runIf(process.platform === 'linux')('listens on the loopback address alone', async () => {
    const opened = await open(part, { throwaway: true });
    const { port, hostname } = new URL(opened.url);
    expect(hostname).toBe('127.0.0.1');
    expect(await portOwner(Number(port))).toContain(`pid ${opened.pid}`);
    expect(await listeningAddresses(Number(port))).toEqual(['0100007F']);
  });
});

describe('a program on PATH that will not do', () => {
  it.each([
    { kind: 'an old one', script: '#!/bin/sh\necho "nats-server: v2.9.10"\n', mode: 0o755, why: 'is NATS 2.9.10, older than 2.10' },
    { kind: 'one that fails', script: '#!/bin/sh\necho "cannot open shared object" >&2; exit 127\n', mode: 0o755, why: 'does not run (cannot open shared object)' },
    { kind: 'one that may not be executed', script: '#!/bin/sh\n', mode: 0o644, why: 'is not executable' },
  ])('is passed over with a word: $kind', async ({ script, mode, why }) => {
    const bin = join(await dataFolder(), 'bin');
    await mkdir(bin);
    await writeFile(join(bin, 'nats-server'), script);
    await chmod(join(bin, 'nats-server'), mode);
    const { report } = await open('nats', { env: { ...bareEnv, PATH: [bin, bareEnv.PATH].join(delimiter) } });
    expect(report.detail).toContain(`${join(bin, 'nats-server')} ${why}`);
    expect(report.version).not.toBe('2.9.10');
  });
});

describe('a part that is nowhere', () => {
  it('is missed with words that say what was tried, what to install and what to set', async () => {
    const empty = await dataFolder();
    // No program on PATH, an empty cache, and a way to the packages that leads nowhere.
    const env = { HOME: empty, PATH: empty, MELA_CACHE: join(empty, 'cache'), http_proxy: 'http://127.0.0.1:1', https_proxy: 'http://127.0.0.1:1' };
    const fault = await openPart('nats', { dataDir: empty, env }).catch((error: Error) => error);
    expect(fault).toBeInstanceOf(MissingPart);
    expect(String(fault)).toMatch(/^MissingPart: NATS is missing.*no nats-server on PATH.*install NATS.*NATS_URL/s);
    expect(await readdir(join(empty, 'cache', 'packages')).catch(() => [])).not.toContainEqual(expect.stringContaining('draft'));
  });
});

describe('a data folder left in disorder', () => {
  it("does not stop PostgreSQL when its old pid is somebody else's by now", async () => {
    const dataDir = await dataFolder();
    const first = await open('postgres', { dataDir });
    await postgresNotes(first.url).write('kept');
    const pidFile = join(dataDir, 'postgres', 'data', 'postmaster.pid');
    const lines = (await readFile(pidFile, 'utf8')).split('\n');
    await first.crash();
    await first.stop();
    await writeFile(pidFile, [String(process.ppid), ...lines.slice(1)].join('\n'));

    const second = await open('postgres', { dataDir });
    expect(await postgresNotes(second.url).read()).toBe('kept');
  });

  it('does not kill a stranger who bears the pid of an old server', async () => {
    const dataDir = await dataFolder();
    await mkdir(join(dataDir, 'redis'), { recursive: true });
    await writeFile(join(dataDir, 'redis', 'server.json'), JSON.stringify({ pid: process.pid, began: 'another time' }));
    await expect(open('redis', { dataDir })).resolves.toBeDefined();
  });

  it('moves to another port when its own was taken meanwhile', async () => {
    const dataDir = await dataFolder();
    const first = await open('redis', { dataDir });
    await first.stop();
    const { createServer } = await import('node:net');
    const squatter = createServer().listen(Number(new URL(first.url).port), '127.0.0.1');
    onTestFinished(() => void squatter.close());
    const second = await open('redis', { dataDir });
    expect(new URL(second.url).port).not.toBe(new URL(first.url).port);
  });
});

async function listeningAddresses(port: number): Promise<string[]> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'utf8').catch(() => '')));
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return tables.join('\n').split('\n').map((line) => line.trim().split(/\s+/)).flatMap(([, local, , state]) => (local?.endsWith(suffix) && state === '0A' ? [local.split(':')[0] ?? ''] : []));
}
