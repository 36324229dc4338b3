import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { eventually } from '../../../test/eventually.ts';
import type { Role } from '../../ground/role.ts';
import { randomOf } from '../../seed.ts';
import { nothing } from '../fault.ts';
import { clockFaults, libfaketime } from './clock.ts';
import { failPointFaults } from './fail-points.ts';
import { named, strike } from './ground.fixture.ts';
import { groundOf, LivingRole } from './living-role.fixture.ts';
import { roleFaults } from './roles.ts';

let role: LivingRole;
beforeAll(() => {
  role = new LivingRole('garden');
});
afterAll(() => role.end());
afterEach(() => void vi.useRealTimers());

const comesBack = async (before: number) => {
  await eventually(() => role.restarts, (restarts) => restarts > before);
  await role.ready();
};

describe('harm to a role', () => {
  it.each(['role killed', 'role restarted'])('%s: it is gone when the blow is over, and comes back by itself', async (name) => {
    await role.ready();
    const { pid, restarts } = role;
    const harm = await strike(groundOf([role]), named(roleFaults, name));
    expect(harm.what).toContain('garden');
    await comesBack(restarts);
    expect(role.pid).not.toBe(pid);
  });

  it('frozen: it lives and says nothing, and goes on where it was', async () => {
    await role.ready();
    const { pid } = role;
    const harm = await strike(groundOf([role]), named(roleFaults, 'role frozen'));
    // What it said before it froze is heard to the end.
    await eventually(() => Date.now() - (role.last?.heardAt ?? 0), (silent) => silent > 300);
    await harm.heal();
    await eventually(() => Date.now() - (role.last?.heardAt ?? 0), (silent) => silent < 100);
    expect(role.pid).toBe(pid);
  });

  it('dies where it was told to, and nowhere after that', async () => {
    await role.ready();
    const { restarts } = role;
    const harm = await strike(groundOf([role]), named(failPointFaults, 'role dies at relay.moving'));
    expect(harm.what).toMatch(/^garden died at relay\.moving:\d+ after \d/);
    await comesBack(restarts + 1);
    expect(role.restarts).toBe(restarts + 2);
  });
});

describe('a blow at a role', () => {
  /** Passes no fail point; ends on no signal but the last; or does not run. */
  const odd = (more: Partial<Role>): Role => ({ name: 'odd', pid: 1, restarts: 0, kill: () => undefined, pause: () => undefined, resume: () => undefined, restartWith: nothing, ready: nothing, ...more });
  const absent = odd({ name: 'absent' });
  Object.defineProperty(absent, 'pid', { get: () => { throw new Error('absent does not run'); } });

  it.each([...roleFaults, ...failPointFaults.filter(({ name }) => !name.includes('consumer')), ...clockFaults])('$name: none that does not run', async (fault) => {
    await expect(fault.strike(groundOf([absent]), randomOf('spec'))).rejects.toThrow('No role runs');
  });

  it('that would not end when it was told to says so, and it is gone all the same', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] });
    const pids = [1];
    const stubborn = odd({ kill: (signal) => void (signal === 'SIGKILL' && pids.push(2)) });
    Object.defineProperty(stubborn, 'pid', { get: () => pids.at(-1) });
    const struck = strike(groundOf([stubborn]), named(roleFaults, 'role restarted'));
    await vi.advanceTimersByTimeAsync(21_000);
    expect(await struck).toMatchObject({ disobeyed: 'odd did not end within 20 s of its SIGTERM, and was killed' });
    expect(pids).toEqual([1, 2]);
  });

  it('that did not come by where it was to die is a miss', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] });
    const pids = [1];
    const elsewhere = odd({ restartWith: async () => void pids.push(2), kill: () => void pids.push(3) });
    Object.defineProperty(elsewhere, 'pid', { get: () => pids.at(-1) });
    const struck = strike(groundOf([elsewhere]), named(failPointFaults, 'role dies at relay.moving'));
    await vi.advanceTimersByTimeAsync(16_000);
    expect((await struck).missed).toMatch(/^did not come to relay\.moving:\d+ within 15 s and was killed$/);
    expect(pids).toEqual([1, 2, 3]);
  });
});

describe('a wrong clock', () => {
  it('is wrong by minutes for one role, and right again when it is healed', async (context) => {
    const harm = (await libfaketime()) === undefined ? undefined : await strike(groundOf([role]), named(clockFaults, 'clock wrong'));
    if (harm === undefined) return context.skip(await named(clockFaults, 'clock wrong').impossible!(groundOf([role])));
    const [, seconds, where] = /lives (\d+) s in the (past|future)/.exec(harm.what)!;
    const off = Number(seconds) * (where === 'past' ? -1 : 1) * 1_000;
    await role.ready();
    expect(Math.abs(role.last!.now - role.last!.heardAt - off)).toBeLessThan(2_000);
    await harm.heal();
    await role.ready();
    expect(Math.abs(role.last!.now - role.last!.heardAt)).toBeLessThan(2_000);
  });
});
