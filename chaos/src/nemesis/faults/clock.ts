import { glob } from 'node:fs/promises';
import type { Fault } from '../fault.ts';
import { running } from './role-process.ts';

const LIBRARY = 'libfaketime.so.1';
/** Where Debian and its like put it, and where one builds it oneself. */
const places = [`/usr/lib/*/faketime/${LIBRARY}`, `/usr/lib/faketime/${LIBRARY}`, `/usr/lib64/faketime/${LIBRARY}`, `/usr/local/lib/faketime/${LIBRARY}`];

/** Undefined where it is not installed. One that lies elsewhere is told by `MELA_LIBFAKETIME`. */
export async function libfaketime(): Promise<string | undefined> {
  for await (const file of glob([process.env['MELA_LIBFAKETIME'] ?? [], places].flat())) return file;
  return undefined;
}

/** What a process needs to believe in another time. How long something takes it still measures rightly, as a real machine does. */
export const wrongClock = (library: string, seconds: number): Readonly<Record<string, string>> => ({
  LD_PRELOAD: library,
  FAKETIME: `${seconds < 0 ? '' : '+'}${seconds}s`,
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
  // Files were written when they were.
  NO_FAKE_STAT: '1',
});

const wrong: Fault = {
  name: 'clock wrong',
  family: 'clock',
  weight: 2,
  longestMs: 25_000,
  impossible: async () => {
    if (process.platform !== 'linux') return 'libfaketime is for Linux';
    return (await libfaketime()) === undefined ? 'libfaketime is not installed (Debian: apt-get install libfaketime)' : undefined;
  },
  strike: async ({ roles }, random) => {
    const role = running(roles, random);
    const seconds = random.int(10, 300) * (random.chance(0.5) ? 1 : -1);
    const library = (await libfaketime())!;
    await role.restartWith(wrongClock(library, seconds));
    return { role, what: `${role.name} lives ${Math.abs(seconds)} s in the ${seconds < 0 ? 'past' : 'future'}`, holdMs: random.int(8_000, 20_000), heal: () => role.restartWith({}) };
  },
};

export const clockFaults: readonly Fault[] = [wrong];
