import { randomBytes } from 'node:crypto';
import { link, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { identify, isRunning, readIdentity, type ProcessIdentity } from './process-identity.ts';

export interface Claim {
  release(): Promise<void>;
}

/**
 * A lock that names its holder, so that anyone can tell whether the holder still lives: a dead one's counts for nothing.
 *
 * Each claim is a file with the next number, `<name>.<number>`; the highest is the one in force. Nobody ever removes
 * a claim to make way for another: of two processes that find the same dead one, one creates its successor, and the
 * other fails. A lock file that is removed and made anew lets both in.
 */
export async function claim(name: string): Promise<Claim | { heldBy: ProcessIdentity }> {
  const me = identify(process.pid);
  if (me === undefined) throw new Error('This platform does not tell when a process began');
  const draft = `${name}.draft-${process.pid}-${randomBytes(4).toString('hex')}`;
  // For all to read: another user's start must see that this one lives.
  await writeFile(draft, JSON.stringify(me), { mode: 0o644 });
  try {
    for (;;) {
      const last = await highest(name);
      const holder = last === 0 ? undefined : readIdentity(`${name}.${last}`);
      if (holder !== undefined && isRunning(holder)) return { heldBy: holder };
      const mine = last + 1;
      if (!(await linked(draft, `${name}.${mine}`))) continue;
      // The list may have been read while another added its claim and cleared the older ones away.
      if ((await highest(name)) === mine) {
        await clearBelow(name, mine);
        return { release: () => truncate(`${name}.${mine}`).catch(() => undefined) };
      }
      await rm(`${name}.${mine}`, { force: true });
    }
  } finally {
    await rm(draft, { force: true });
  }
}

/** Who holds this claim now, if anyone alive. */
export async function holderOf(name: string): Promise<ProcessIdentity | undefined> {
  const holder = readIdentity(`${name}.${await highest(name)}`);
  return holder !== undefined && isRunning(holder) ? holder : undefined;
}

async function numbers(name: string): Promise<number[]> {
  const prefix = `${basename(name)}.`;
  const names = await readdir(dirname(name)).catch(() => []);
  return names.filter((entry) => entry.startsWith(prefix)).map((entry) => Number(entry.slice(prefix.length))).filter(Number.isInteger);
}

async function highest(name: string): Promise<number> {
  return Math.max(0, ...(await numbers(name)));
}

async function clearBelow(name: string, mine: number): Promise<void> {
  const older = (await numbers(name)).filter((number) => number < mine);
  await Promise.all(older.map((number) => rm(join(dirname(name), `${basename(name)}.${number}`), { force: true })));
}

/** link() fails when the name is taken, and shows the file complete or not at all. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw fault;
  }
}
