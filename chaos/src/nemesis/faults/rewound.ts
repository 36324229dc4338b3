import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fault } from '../fault.ts';
import { BOOT_MS, outOfReach, ownProcess } from './servers.ts';

const LOST_MS = [500, 3_000] as const;

/**
 * After a power failure NATS has what it had a moment before: messages and how far its consumers were, all of that moment.
 * What it acknowledged since is gone.
 */
export const rewound: Fault = {
  name: 'nats rewound',
  family: 'nats',
  weight: 1,
  longestMs: LOST_MS[1] + BOOT_MS,
  impossible: (ground) => outOfReach(ground, 'nats'),
  strike: async ({ parts: { nats }, folder }, random) => {
    const files = join(folder, 'nats', 'jetstream');
    const then = await mkdtemp(join(folder, 'jetstream-then-'));
    await standingStill(ownProcess(nats).pid, () => replaced(then, files));
    const holdMs = random.int(...LOST_MS);
    return {
      what: `what NATS is given from now on is lost, at its restart`,
      holdMs,
      heal: async () => {
        await nats.crash();
        await replaced(files, then);
        await nats.restart();
        await rm(then, { recursive: true, force: true });
      },
    };
  },
};

/** All files are of one moment. */
async function standingStill(pid: number, work: () => Promise<void>): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  try {
    await work();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

/** The folder itself may be a disk of its own: it stays, and so does a ballast beside the streams. */
async function replaced(place: string, by: string): Promise<void> {
  for (const name of await readdir(place)) await rm(join(place, name), { recursive: true, force: true });
  await cp(by, place, { recursive: true, preserveTimestamps: true });
}
