import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { identify, isRunning, readIdentity, type ProcessIdentity } from './process-identity.ts';

export interface Claim {
  release(): Promise<void>;
}

/**
 * A lock file that names its holder so that anyone can tell whether the holder still lives.
 * A dead holder's claim counts for nothing, however it died.
 */
export async function claim(file: string): Promise<Claim | { heldBy: ProcessIdentity }> {
  const me = identify(process.pid);
  if (me === undefined) throw new Error('This platform does not tell when a process began');
  const draft = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`;
  const content = JSON.stringify(me);
  await writeFile(draft, content, { mode: 0o600 });
  try {
    // link() fails when the name is taken, and shows the file complete or not at all.
    while (!(await linked(draft, file))) {
      const holder = readIdentity(file);
      if (holder !== undefined && isRunning(holder)) return { heldBy: holder };
      await setAside(file, holder);
    }
  } finally {
    await rm(draft, { force: true });
  }
  return {
    release: async () => {
      if ((await readFile(file, 'utf8').catch(() => '')) === content) await rm(file, { force: true });
    },
  };
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw fault;
  }
}

/** Removes a dead claim, and only that: between reading and removing, a living one may have taken its place. */
async function setAside(file: string, dead: ProcessIdentity | undefined): Promise<void> {
  const aside = `${file}.dead-${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    await rename(file, aside);
  } catch {
    return;
  }
  const moved = readIdentity(aside);
  if (moved !== undefined && isRunning(moved) && moved.began !== dead?.began) await linked(aside, file);
  await rm(aside, { force: true });
}
