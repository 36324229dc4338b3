import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bareEnv, dataFolder, Holder, until } from '../spec/ground.ts';
import { notesIn } from '../spec/notes.ts';
import { FolderInUse, openParts, type PartName } from './index.ts';
import { holderOf } from './processes/claim.ts';
import { isRunning, readIdentity, type ProcessIdentity } from './processes/process-identity.ts';

const parts: PartName[] = ['postgres', 'nats', 'redis'];

/** As the guardian wrote them down. */
function serversOf(folder: string): ProcessIdentity[] {
  return parts.map((part) => readIdentity(join(folder, part, 'server.json'))).filter((identity) => identity !== undefined);
}

const open = async (dataDir: string) => {
  const opened = await openParts({ dataDir, env: bareEnv });
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
