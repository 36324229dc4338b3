import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '@mela/testkit/chaos';
import type { Role } from '../../ground/role.ts';

const LOOK_MS = 10;

/** Undefined while it does not run. */
export function pidOf(role: Role): number | undefined {
  try {
    return role.pid;
  } catch {
    return undefined;
  }
}

/** One of those that run: what does not cannot be struck. */
export function running(roles: readonly Role[], random: Random): Role {
  const alive = roles.filter((role) => pidOf(role) !== undefined);
  if (alive.length === 0) throw new Error('No role runs at this moment');
  return random.pick(alive);
}

/** Whether the process with this pid ended in time. */
export const ended = (role: Role, pid: number, withinMs: number): Promise<boolean> => until(() => pidOf(role) !== pid, withinMs);

/** The pid of the process after this one, if it came in time. */
export async function following(role: Role, before: number | undefined, withinMs: number): Promise<number | undefined> {
  await until(() => pidOf(role) !== undefined && pidOf(role) !== before, withinMs);
  const pid = pidOf(role);
  return pid === before ? undefined : pid;
}

async function until(holds: () => boolean, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > deadline) return false;
    await pause(LOOK_MS);
  }
  return true;
}
