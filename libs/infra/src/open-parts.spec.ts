import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bareEnv, dataFolder, guardianOf, Holder, until } from '../spec/ground.ts';
import { notesIn } from '../spec/notes.ts';
import { FolderInUse, openParts, type PartFault, type PartName, type PartsOptions } from './index.ts';
import { holderOf } from './processes/claim.ts';
import { isRunning, readIdentity, type ProcessIdentity } from './processes/process-identity.ts';

const parts: PartName[] = ['postgres', 'nats', 'redis'];

/** As the guardian wrote them down. */
function serversOf(folder: string): ProcessIdentity[] {
  return parts.map((part) => readIdentity(join(folder, part, 'server.json'))).filter((identity) => identity !== undefined);
}

const open = async (dataDir: string, options: Partial<PartsOptions> = {}) => {
  const opened = await openParts({ dataDir, env: bareEnv, ...options });
  onTestFinished(() => opened.stop());
  return opened;
};

describe('the three parts of a data folder', () => {
  it('start, and have everything again after a stop and a start', async () => {
    const dataDir = await dataFolder();
    const first = await open(dataDir);
    expect(first.reports.map(({ part }) => part)).toEqual(parts);
    await Promise.all(notesIn(first).map((notes) => notes.write('kept')));
    await first.stop();

    const second = await open(dataDir);
    expect(await Promise.all(notesIn(second).map((notes) => notes.read()))).toEqual(['kept', 'kept', 'kept']);
    expect(second.databaseAdminUrl).toBe(first.databaseAdminUrl);
  });

  it('say what they are without saying their passwords', async () => {
    const dataDir = await dataFolder();
    const { reports, databaseAdminUrl } = await open(dataDir);
    expect(JSON.stringify(reports)).not.toContain(new URL(databaseAdminUrl).password);
    expect(reports[1]?.version).toMatch(/^2\.\d+/);
  });

  it('let nobody in without the password', async () => {
    const opened = await open(await dataFolder());
    const strangers = { databaseAdminUrl: 'x', natsUrl: 'x', redisUrl: 'x' };
    for (const name of ['databaseAdminUrl', 'natsUrl', 'redisUrl'] as const) {
      const url = new URL(opened[name]);
      url.password = 'guessed';
      strangers[name] = url.href;
    }
    const answers = await Promise.allSettled(notesIn(strangers).map((notes) => notes.write('intruder')));
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  });

  it('belong to one process at a time, which the refusal names', async () => {
    const dataDir = await dataFolder();
    const holder = await Holder.of(dataDir);
    const second = openParts({ dataDir, env: bareEnv });
    await expect(second).rejects.toThrow(FolderInUse);
    await expect(second).rejects.toThrow(`pid ${holder.process.pid}`);
    await expect(Promise.all(notesIn(holder.parts).map((notes) => notes.write('undisturbed')))).resolves.toBeDefined();
  });
});

describe('servers whose parent was killed with -9', () => {
  const killings = {
    'the parent alone': (holder: Holder) => holder.dies(),
    // Found by "killall -9 node", for one.
    'the parent together with the guardian': async (holder: Holder) => {
      const guardian = await holder.guardian();
      process.kill(guardian, 'SIGKILL');
      await holder.dies();
    },
  };
  for (const [whom, kill] of Object.entries(killings)) {
    it(`are gone within 5 s, and the next start finds the data (${whom})`, async () => {
      const dataDir = await dataFolder();
      const holder = await Holder.of(dataDir);
      await Promise.all(notesIn(holder.parts).map((notes) => notes.write('survived')));
      const servers = serversOf(dataDir);
      expect(servers).toHaveLength(3);

      await kill(holder);
      await until(() => !servers.some(isRunning), 5000);

      const next = await open(dataDir);
      expect(await Promise.all(notesIn(next).map((notes) => notes.read()))).toEqual(['survived', 'survived', 'survived']);
    });
  }

  it('do not stop a next start that comes at once', async () => {
    const dataDir = await dataFolder();
    const holder = await Holder.of(dataDir);
    await Promise.all(notesIn(holder.parts).map((notes) => notes.write('survived')));
    await holder.dies();
    const next = await open(dataDir);
    expect(await Promise.all(notesIn(next).map((notes) => notes.read()))).toEqual(['survived', 'survived', 'survived']);
    expect(serversOf(dataDir).every(isRunning)).toBe(true);
  });
});

describe('a server that is killed with -9', () => {
  const identityOf = (dataDir: string, part: PartName) => readIdentity(join(dataDir, part, 'server.json'));

  /** Kills it, and waits until the news that it is back. */
  async function kill(dataDir: string, part: PartName, news: string[]): Promise<void> {
    const before = identityOf(dataDir, part);
    if (before === undefined) throw new Error(`${part} does not run`);
    const heard = news.length;
    process.kill(before.pid, 'SIGKILL');
    await until(() => news.slice(heard).some((line) => /is back|given up/.test(line)), 15_000);
  }

  it('comes back by itself at its address and with its data', async () => {
    const dataDir = await dataFolder();
    const news: string[] = [];
    const opened = await open(dataDir, { progress: (line) => news.push(line), lost: ({ message }) => news.push(message) });
    const notes = notesIn(opened);
    await Promise.all(notes.map((note) => note.write('kept')));
    for (const part of parts) await kill(dataDir, part, news);
    expect(await Promise.all(notes.map((note) => note.read()))).toEqual(['kept', 'kept', 'kept']);
    for (const label of ['PostgreSQL', 'NATS', 'Redis']) expect(news).toContainEqual(expect.stringContaining(`${label} ended by itself (SIGKILL): starting it again`));
  });

  it('is given up the fourth time within a minute, naming its log', async () => {
    const dataDir = await dataFolder();
    const news: string[] = [];
    await open(dataDir, { throwaway: true, progress: (line) => news.push(line), lost: ({ message }) => news.push(message) });
    for (let time = 1; time <= 4; time++) await kill(dataDir, 'redis', news);
    expect(news.at(-1)).toContain(`Redis ended by itself 4 times within a minute (SIGKILL) and is given up; its log is ${join(dataDir, 'redis', 'server.log')}`);
  });

  it('is not started again when its guardian died', async () => {
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      const dataDir = await dataFolder();
      const lost: PartFault[] = [];
      const opened = await open(dataDir, { throwaway: true, lost: (fault) => lost.push(fault) });
      const servers = serversOf(dataDir);
      process.kill(await guardianOf(process.pid, servers[0]!.pid), signal);
      await until(() => lost.length === 3, 5_000);
      expect(lost[0]?.message).toContain('The guardian of the servers died');
      await opened.stop();
      expect(servers.some(isRunning)).toBe(false);
    }
  });
});

describe('a data folder that is none, or damaged', () => {
  it('is refused when it is a file', async () => {
    const file = join(await dataFolder(), 'plain');
    await writeFile(file, '');
    await expect(openParts({ dataDir: file, env: bareEnv })).rejects.toThrow(`${file} cannot be a data folder: a file is in its way`);
  });

  it.each(['{', 'null', '{"port":7}'])('is refused, naming the file, when a password is lost: %s', async (content) => {
    const dataDir = await dataFolder();
    const file = join(dataDir, 'nats', 'access.json');
    await mkdir(join(dataDir, 'nats'));
    await writeFile(file, content);
    await expect(openParts({ dataDir, env: bareEnv })).rejects.toThrow(`${file} is damaged: it holds no password. Restore it`);
  });
});

describe('a start that fails', () => {
  it('leaves nothing running and the folder free', async () => {
    const dataDir = await dataFolder();
    const wrong = { ...bareEnv, REDIS_URL: 'redis://127.0.0.1:1' };
    await expect(openParts({ dataDir, env: wrong })).rejects.toThrow(/REDIS_URL.*127\.0\.0\.1:1/);
    expect(serversOf(dataDir)).toEqual([]);
    await rm(join(dataDir, 'postgres'), { recursive: true });
    await open(dataDir);
    expect(await holderOf(join(dataDir, 'owner'))).toMatchObject({ pid: process.pid });
  });
});
