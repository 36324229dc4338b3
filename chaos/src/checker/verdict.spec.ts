import type { Violation } from '@mela/testkit/chaos';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomOf } from '../seed.ts';
import { damages } from './fixture/damage.fixture.ts';
import { faithfulRun, longRun } from './fixture/faithful.fixture.ts';
import { wishes } from './fixture/wish.fixture.ts';
import { workloads } from './fixture/workloads.fixture.ts';
import { judge } from './verdict.ts';

describe('a run that went as promised', () => {
  it('is not complained of, whatever was repeated, unknown or asked again', () => {
    fc.assert(
      fc.property(wishes(80), fc.nat(), (asked, seed) => {
        expect(judge(faithfulRun(asked, seed), workloads).violations).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is counted', () => {
    const evidence = longRun(3);
    const { counts } = judge(evidence, workloads);
    expect(counts.events + counts.repeats).toBe(evidence.stream.length);
    expect(counts.events).toBe(Object.values(evidence.tally).reduce((sum, n) => sum + n, 0));
    expect(Object.values(counts.asks).reduce((sum, n) => sum + n, 0)).toBe(evidence.history.filter(({ kind }) => kind === 'asked').length);
    expect(counts.withoutEffect).toEqual([]);
  });
});

describe('it is noticed, and the right ones are named, that', () => {
  it.each(Object.keys(damages))('%s', (name) => {
    let inflicted = 0;
    fc.assert(
      fc.property(wishes(200, 120), fc.nat(), (asked, seed) => {
        const damaged = damages[name]!(faithfulRun(asked, seed), randomOf(`damage ${seed}`));
        if (!damaged) return;
        inflicted += 1;
        const named = ({ invariant, about }: Violation) => invariant === damaged.invariant && damaged.about.every((id) => about.includes(id));
        expect(judge(damaged.evidence, workloads).violations.some(named), JSON.stringify(damaged.about)).toBe(true);
      }),
      { numRuns: 60 },
    );
    expect(inflicted).toBeGreaterThan(10);
  });
});
