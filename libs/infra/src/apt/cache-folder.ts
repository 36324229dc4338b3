import { access, constants, mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { claim } from '../processes/claim.ts';
import type { Search } from '../programs/program.ts';

/** Where downloads are kept for every project of this user: `MELA_CACHE`, else `~/.cache/mela`, else the data folder. */
export async function cacheFolder({ env, dataDir }: Search): Promise<string> {
  const wanted = env.MELA_CACHE?.trim() || join(env.HOME || homedir(), '.cache', 'mela');
  return (await isWritable(wanted)) ? resolve(wanted) : resolve(dataDir, 'cache');
}

/** The nearest folder on the way that exists decides: looking must not create any. */
async function isWritable(folder: string): Promise<boolean> {
  for (let path = resolve(folder); ; path = join(path, '..')) {
    const answer = await access(path, constants.W_OK | constants.X_OK).then(() => 'yes', (fault: NodeJS.ErrnoException) => fault.code);
    if (answer === 'yes') return true;
    if (answer !== 'ENOENT' || path === '/') return false;
  }
}

/** One process at a time fetches; the others wait, then find it done. A fetcher that died holds nobody up. */
export async function oneAtATime<T>(folder: string, name: string, progress: (line: string) => void, work: () => Promise<T>): Promise<T> {
  await mkdir(folder, { recursive: true });
  let said = false;
  for (;;) {
    const claimed = await claim(join(folder, `${name}.lock`));
    if ('release' in claimed) {
      try {
        return await work();
      } finally {
        await claimed.release();
      }
    }
    if (!said) progress(`Waiting for process ${claimed.heldBy.pid}, which fetches ${name}`);
    said = true;
    await pause(100);
  }
}
