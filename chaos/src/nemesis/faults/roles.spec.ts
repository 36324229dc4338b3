import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/eventually.ts';
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
