import type { Struck } from '@mela/testkit/chaos';
import { describe, expect, it } from 'vitest';
import type { Ground } from '../ground/ground.ts';
import type { Role } from '../ground/role.ts';
import { randomOf } from '../seed.ts';
import { nothing, type Family, type Fault, type Harm } from './fault.ts';
import { unleash, type LeftOut, type Orders } from './nemesis.ts';
import { VirtualTime } from './virtual-time.fixture.ts';

const families: readonly Family[] = ['roles', 'postgres', 'nats', 'redis', 'lines', 'disk', 'clock', 'deliveries', 'mail'];

/** A run on nothing: what is struck and healed is only remembered. */
class Run {
  readonly time = new VirtualTime();
  readonly told: string[] = [];
  readonly struck: Struck[] = [];
  readonly events: string[] = [];
  readonly broken = new Set<string>();
  most = 0;

  fault(name: string, family: Family, more: Partial<Fault> = {}): Fault {
    return {
      name,
      family,
      weight: 1,
      longestMs: 6_000,
      strike: async (_ground, random) => {
        this.broken.add(name);
        this.most = Math.max(this.most, this.broken.size);
        this.events.push(`${Math.round(this.time.now)} ${name}`);
        const heal = async () => void this.broken.delete(name);
        return { what: 'broken', holdMs: random.int(1_000, 5_000), heal };
      },
      ...more,
    };
  }

  unleash(faults: readonly Fault[], minutes: number, more: Partial<Orders> = {}): Promise<LeftOut> {
    return unleash({
      ground: { roles: [] } as unknown as Ground,
      random: randomOf('spec'),
      faults,
      clock: this.time.clock,
      pause: this.time.pause,
      until: minutes * 60_000,
      probe: async () => this.broken.size === 0,
      tell: (line) => this.told.push(line),
      record: (struck) => this.struck.push(struck),
      ...more,
    });
  }
}

const twoOfEach = (run: Run) => families.flatMap((family) => [run.fault(`${family} a`, family), run.fault(`${family} b`, family, { weight: 3 })]);

describe('the nemesis', () => {
  it('gives every family its turn, heals whatever it breaks, and stops in time', async () => {
    const run = new Run();
    await run.unleash(twoOfEach(run), 4);
    expect(run.broken).toEqual(new Set());
    expect(run.struck.length).toBeGreaterThan(20);
    for (const family of families) expect(run.struck.filter(({ fault }) => fault.startsWith(family)).length, family).toBeGreaterThanOrEqual(2);
    for (const { at, healedAt, calmAt, recoveredAt } of run.struck) {
      expect(at).toBeLessThan(healedAt);
      expect(healedAt).toBeLessThanOrEqual(calmAt);
      expect(recoveredAt).toBeGreaterThanOrEqual(calmAt);
      expect(calmAt).toBeLessThanOrEqual(4 * 60_000);
    }
  });

  it('does the same again for the same seed, and otherwise for another', async () => {
    const [first, second, other] = [new Run(), new Run(), new Run()];
    await first.unleash(twoOfEach(first), 3);
    await second.unleash(twoOfEach(second), 3);
    await other.unleash(twoOfEach(other), 3, { random: randomOf('another') });
    expect(second.events).toEqual(first.events);
    expect(other.events).not.toEqual(first.events);
  });

  it('strikes twice at once now and then, never the same one, each healed in its time, and recovery counts from the last', async () => {
    const run = new Run();
    await run.unleash(twoOfEach(run), 10);
    expect(run.most).toBe(2);
    const pairs = run.struck.filter(({ calmAt }, place) => run.struck[place - 1]?.calmAt === calmAt).length;
    for (const both of Map.groupBy(run.struck, ({ calmAt }) => calmAt).values()) {
      expect(Math.max(...both.map(({ healedAt }) => healedAt))).toBe(both[0]!.calmAt);
      expect(new Set(both.map(({ healedAt }) => healedAt)).size).toBe(both.length);
    }
    expect(pairs / run.struck.length).toBeGreaterThan(0.05);
    expect(pairs / run.struck.length).toBeLessThan(0.35);

    const alone = new Run();
    await alone.unleash([alone.fault('nats a', 'nats'), alone.fault('disk a', 'disk'), alone.fault('deliveries a', 'deliveries')], 10);
    expect(alone.most).toBe(1);
  });

  it('strikes nothing that could not be healed in the time that is left', async () => {
    const run = new Run();
    await run.unleash([run.fault('short', 'lines'), run.fault('long', 'nats', { longestMs: 61_000 })], 1);
    expect(run.struck.map(({ fault }) => fault)).not.toContain('long');
    expect(run.struck.length).toBeGreaterThan(2);
  });

  it('says what it leaves out on this machine, and why', async () => {
    const run = new Run();
    const leftOut = await run.unleash([run.fault('a', 'lines'), run.fault('b', 'disk', { impossible: () => 'there is no disk' })], 1);
    expect(leftOut).toEqual({ b: 'there is no disk' });
    expect(run.told[0]).toBe('Left out: b: there is no disk');
    expect(new Set(run.struck.map(({ fault }) => fault))).toEqual(new Set(['a']));
  });

  it('records who never recovered, and goes on', async () => {
    const run = new Run();
    await run.unleash([run.fault('a', 'lines')], 5, { probe: async () => false });
    expect(run.struck.length).toBeGreaterThan(2);
    expect(run.struck.every(({ recoveredAt }) => recoveredAt === undefined)).toBe(true);
    const silent = new Run();
    await silent.unleash([silent.fault('a', 'lines')], 3, { probe: () => new Promise(() => undefined) });
    expect(silent.struck[0]!.recoveredAt).toBeUndefined();
  });

  it('says what was missing at last, only where something was', async () => {
    const run = new Run();
    let failures = 3;
    await run.unleash([run.fault('a', 'lines')], 1, { probe: async () => failures-- <= 0, missing: () => 'nobody answered' });
    const well = run.told.filter((line) => line.startsWith('Well again'));
    expect(well[0]).toMatch(/until then nobody answered$/);
    expect(well.slice(1).join()).not.toContain('nobody answered');
  });

  it('goes on after a blow that missed, waits until all is well, and says so: nobody knows what it broke', async () => {
    const run = new Run();
    const missing = run.fault('b', 'nats', { strike: () => Promise.reject(new Error('no such server')) });
    await run.unleash([run.fault('a', 'lines'), missing], 2);
    expect(run.told).toContain('b missed: no such server');
    expect(run.struck.length).toBeGreaterThan(4);
    expect(run.struck.filter(({ fault, missed }) => (fault === 'b') !== (missed === 'no such server'))).toEqual([]);

    const lasting = new Run();
    await lasting.unleash([lasting.fault('b', 'nats', { strike: missing.strike })], 1, { probe: async () => false });
    expect(lasting.struck[0]).toMatchObject({ fault: 'b', missed: 'no such server', recoveredAt: undefined });
  });

  it('records whom a blow struck, what it failed to do, and what Mela did wrong', async () => {
    const run = new Run();
    const role = { name: 'garden', ready: nothing } as unknown as Role;
    const harm: Harm = { what: 'it would not end', holdMs: 0, heal: nothing, role, missed: 'it did not come by', disobeyed: 'garden did not end' };
    await run.unleash([run.fault('a', 'roles', { strike: async () => harm })], 0.2);
    expect(run.told).toContain('a missed: it would not end');
    expect(run.struck[0]).toMatchObject({ fault: 'a', roles: ['garden'], missed: 'it did not come by', disobeyed: 'garden did not end' });
  });

  it('ends after as many as were asked for, of which none missed', async () => {
    const run = new Run();
    let tries = 0;
    const clumsy = run.fault('a', 'lines');
    await run.unleash([{ ...clumsy, strike: async (...args) => (++tries % 2 === 1 ? Promise.reject(new Error('missed')) : clumsy.strike(...args)) }], 10, { strikes: 3 });
    expect(run.struck.map(({ missed }) => missed === undefined)).toEqual([false, true, false, true, false, true]);
  });

  it('tries again to heal, and says so in the end when it could not', async () => {
    const run = new Run();
    let failures = 2;
    const stubborn = run.fault('stubborn', 'nats', {
      strike: async () => ({ what: 'a knot', holdMs: 0, heal: () => (failures-- > 0 ? Promise.reject(new Error('not yet')) : Promise.resolve()) }),
    });
    await run.unleash([stubborn], 1);
    expect(run.told.filter((line) => line.includes('does not heal'))).toHaveLength(2);

    const lost = new Run();
    const broken = lost.fault('lost', 'nats', { strike: async () => ({ what: 'a broken thing', holdMs: 0, heal: () => Promise.reject(new Error('never')) }) });
    await expect(lost.unleash([broken], 0.2)).rejects.toThrow('could not be healed: a broken thing');
  });

  it('ends early when it is told to, with everything healed', async () => {
    const run = new Run();
    const ending = new AbortController();
    const last = run.fault('last', 'lines', { longestMs: 1 });
    const strike = last.strike;
    await run.unleash([{ ...last, strike: async (...args) => ((await run.time.pause(1), ending.abort()), strike(...args)) }], 60, { signal: ending.signal });
    expect(run.broken).toEqual(new Set());
    expect(run.events).toHaveLength(1);
  });

  it('heals what it broke even when nobody can write down what it did', async () => {
    const run = new Run();
    const record = () => {
      throw new Error('the disk of the history is full');
    };
    await expect(run.unleash(twoOfEach(run), 2, { record })).rejects.toThrow('the disk of the history is full');
    expect(run.broken).toEqual(new Set());
  });
});
