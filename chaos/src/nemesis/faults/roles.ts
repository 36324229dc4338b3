import type { Role } from '../../ground/role.ts';
import { nothing, type Fault, type Harm } from '../fault.ts';
import { ended, pidOf, running } from './role-process.ts';

const POLITE_MS = 20_000;
const AT_ONCE_MS = 5_000;

const killed: Fault = {
  name: 'role killed',
  family: 'roles',
  weight: 4,
  longestMs: AT_ONCE_MS,
  strike: async ({ roles }, random) => {
    const role = running(roles, random);
    await signal(role, 'SIGKILL', AT_ONCE_MS);
    return { role, what: `kill -9 of ${role.name}`, holdMs: 0, heal: nothing };
  },
};

/** As a rolling deployment would, and as impatient. */
const restarted: Fault = {
  name: 'role restarted',
  family: 'roles',
  weight: 2,
  longestMs: POLITE_MS + AT_ONCE_MS,
  strike: async ({ roles }, random): Promise<Harm> => {
    const role = running(roles, random);
    const began = performance.now();
    if (await signal(role, 'SIGTERM', POLITE_MS)) return { role, what: `SIGTERM to ${role.name}, which ended after ${((performance.now() - began) / 1_000).toFixed(1)} s`, holdMs: 0, heal: nothing };
    await signal(role, 'SIGKILL', AT_ONCE_MS);
    const disobeyed = `${role.name} did not end within ${POLITE_MS / 1_000} s of its SIGTERM, and was killed`;
    return { role, what: disobeyed, disobeyed, holdMs: 0, heal: nothing };
  },
};

/** At times longer than the 10 s after which a relay that says nothing has lost its shards to another. */
const frozen: Fault = {
  name: 'role frozen',
  family: 'roles',
  weight: 4,
  longestMs: 16_000,
  strike: async ({ roles }, random) => {
    const role = running(roles, random);
    role.pause();
    const holdMs = random.chance(0.4) ? random.int(10_500, 15_000) : random.int(1_000, 10_000);
    return { role, what: `SIGSTOP of ${role.name}`, holdMs, heal: async () => role.resume() };
  },
};

/** Whether it ended in time. */
async function signal(role: Role, name: NodeJS.Signals, withinMs: number): Promise<boolean> {
  const before = pidOf(role);
  if (before === undefined) throw new Error(`${role.name} had ended by itself`);
  role.kill(name);
  return ended(role, before, withinMs);
}

export const roleFaults: readonly Fault[] = [killed, restarted, frozen];
