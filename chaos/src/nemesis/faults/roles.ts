import type { Ground } from '../../ground/ground.ts';
import type { Role } from '../../ground/role.ts';
import type { Fault, Harm } from '../fault.ts';
import { ended, pidOf } from './role-process.ts';

const POLITE_MS = 20_000;
const nothing = async () => undefined;

const killed: Fault = {
  name: 'role killed',
  family: 'roles',
  weight: 4,
  longestMs: 5_000,
  strike: async ({ roles }, random) => {
    const role = random.pick(roles);
    await signal(role, 'SIGKILL', 5_000);
    return { what: `kill -9 of ${role.name}`, holdMs: 0, heal: nothing };
  },
};

/** As a rolling deployment would, and as impatient. */
const restarted: Fault = {
  name: 'role restarted',
  family: 'roles',
  weight: 2,
  longestMs: POLITE_MS + 5_000,
  strike: async ({ roles }, random) => {
    const role = random.pick(roles);
    const began = performance.now();
    if (await signal(role, 'SIGTERM', POLITE_MS)) return { what: `SIGTERM to ${role.name}, which ended after ${((performance.now() - began) / 1_000).toFixed(1)} s`, holdMs: 0, heal: nothing };
    await signal(role, 'SIGKILL', 5_000);
    return { what: `${role.name} did not end within ${POLITE_MS / 1_000} s of its SIGTERM, and was killed`, holdMs: 0, heal: nothing };
  },
};

/** At times longer than the 10 s after which a relay that says nothing has lost its shards to another. */
const frozen: Fault = {
  name: 'role frozen',
  family: 'roles',
  weight: 4,
  longestMs: 16_000,
  strike: async (ground, random) => freeze(ground, random.pick(ground.roles), random.chance(0.4) ? random.int(10_500, 15_000) : random.int(1_000, 10_000)),
};

async function freeze(_ground: Ground, role: Role, holdMs: number): Promise<Harm> {
  role.pause();
  return { what: `SIGSTOP of ${role.name}`, holdMs, heal: async () => role.resume() };
}

/** Whether it ended in time. */
async function signal(role: Role, name: NodeJS.Signals, withinMs: number): Promise<boolean> {
  const before = pidOf(role);
  role.kill(name);
  return before === undefined || ended(role, before, withinMs);
}

export const roleFaults: readonly Fault[] = [killed, restarted, frozen];
