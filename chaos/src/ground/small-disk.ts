import { execFile } from 'node:child_process';
import { cp, mkdir, open, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A disk of its own for NATS's streams, small enough to be filled. */
export interface SmallDisk {
  /** Not a byte is left. Answers how many there were. */
  fill(): Promise<number>;
  free(): Promise<void>;
  /** Takes the disk away, with all that is on it, unless that is to be kept: then it lies in the same place. NATS has ended by then. */
  release(keep: boolean): Promise<void>;
}

const CHUNK = 1 << 20;

/**
 * Lays a small disk in memory where NATS will keep its streams, before NATS is opened on that folder.
 * Undefined where this user may not mount: the run goes on without.
 */
export async function prepareSmallDisk(folder: string, megabytes = 256): Promise<SmallDisk | undefined> {
  if (process.platform !== 'linux') return undefined;
  const home = join(folder, 'nats');
  const place = join(home, 'jetstream');
  await mkdir(home, { recursive: true, mode: 0o700 });
  await mkdir(place, { recursive: true });
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'mela-chaos', place]);
  } catch {
    return undefined;
  }
  // NATS keeps everything in a folder of its own beside this file.
  const ballast = join(place, 'ballast');
  return {
    fill: () => fill(ballast, place),
    free: () => rm(ballast, { force: true }),
    release: async (keep) => {
      const kept = join(home, 'jetstream-kept');
      await rm(ballast, { force: true });
      if (keep) await cp(place, kept, { recursive: true });
      await run('umount', [place]);
      if (keep) await rename(kept, place);
    },
  };
}

async function fill(ballast: string, place: string): Promise<number> {
  const { bavail, bsize } = await statfs(place);
  const file = await open(ballast, 'a');
  try {
    const chunk = Buffer.alloc(CHUNK);
    for (let bytes = CHUNK; bytes >= 1; ) {
      const written = await file.write(chunk, 0, bytes).then(({ bytesWritten }) => bytesWritten, full);
      // What does not fit as a whole may fit in part.
      if (written < bytes) bytes = Math.floor(bytes / 16);
    }
  } finally {
    await file.close();
  }
  return bavail * bsize;
}

function full(fault: NodeJS.ErrnoException): number {
  if (fault.code === 'ENOSPC') return 0;
  throw fault;
}
