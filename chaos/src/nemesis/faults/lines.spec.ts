import { describe, expect, it } from 'vitest';
import type { Link } from '../../ground/link.ts';
import type { Role } from '../../ground/role.ts';
import { randomOf } from '../../seed.ts';
import { groundOf } from './living-role.fixture.ts';
import { lineFaults } from './lines.ts';

/** Lines that only remember what was done to them: what that does to a connection is the proxy's to prove. */
function lines() {
  const done: string[] = [];
  const roles = ['identity', 'communities', 'idle', 'api'].map((name) => ({ name }) as Role);
  const link = (role: Role, part: string): Link => {
    const note = (what: string) => () => void done.push(`${role.name} ${part} ${what}`);
    return { port: 0, connections: role.name === 'idle' ? 0 : 1, cut: note('cut'), sever: note('severed'), freeze: note('frozen'), heal: note('healed'), delay: (ms) => void done.push(`${role.name} ${part} ${ms} ms`), close: async () => undefined };
  };
  return { done, ground: groundOf(roles, link) };
}

describe('harm to the lines', () => {
  it.each(lineFaults)('$name: one role and one server, or all roles that use one server, and each is healed', async (fault) => {
    const reached = new Set<number>();
    for (let seed = 0; seed < 40; seed++) {
      const { done, ground } = lines();
      const harm = await fault.strike(ground, randomOf(`${fault.name} ${seed}`));
      const struck = done.splice(0);
      expect(new Set(struck.map((line) => line.split(' ')[1])).size).toBe(1);
      expect(struck.join()).not.toContain('idle');
      expect(harm.holdMs).toBeLessThan(fault.longestMs);
      await harm.heal();
      expect(done).toEqual(struck.map((line) => line.replace(/(?<=^\S+ \S+) .*/, ' healed')));
      reached.add(struck.length);
    }
    expect([...reached].sort()).toEqual([1, 3]);
  });
});
