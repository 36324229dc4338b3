import type { Entry, Evidence, Violation } from '@mela/testkit/chaos';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomOf } from '../seed.ts';
import { damages } from './fixture/damage.fixture.ts';
import { faithfulRun, longRun } from './fixture/faithful.fixture.ts';
import { wishes } from './fixture/wish.fixture.ts';
import { ofLittle, workloads } from './fixture/workloads.fixture.ts';
import { usualLimits } from './invariants/judge.ts';
import { judge } from './verdict.ts';

describe('a run that went as promised', () => {
  it('is not complained of, whatever was repeated, unknown or asked again', () => {
    fc.assert(
      fc.property(wishes(80), fc.nat(), (asked, seed) => {
        expect(judge(faithfulRun(asked, seed), workloads, ofLittle).violations).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is counted', () => {
    const evidence = longRun(3);
    const { counts } = judge(evidence, workloads);
    expect(counts.events + counts.repeats).toBe(evidence.stream.length);
    // The witness tells of each that it counted.
    expect(counts.events).toBe(2 * Object.values(evidence.tally).reduce((sum, n) => sum + n, 0));
    expect(Object.values(counts.asks).reduce((sum, n) => sum + n, 0)).toBe(evidence.history.filter(({ kind }) => kind === 'asked').length);
    expect(counts.highestVersion).toBeGreaterThan(100);
  });
});

describe('a run that proves nothing', () => {
  const complaints = (evidence: Evidence) => judge(evidence, workloads).violations.filter(({ invariant }) => invariant === 'proof').map(({ what }) => what);
  const run = longRun(4);

  it('is complained of, whatever it lacks', () => {
    expect(complaints(run)).toEqual([]);
    expect(complaints({ history: [], stream: [], services: {}, tally: {} })).toHaveLength(6);
    const unstruck = run.history.map((entry): Entry => (entry.kind === 'struck' ? { ...entry, missed: 'by far' } : entry));
    expect(complaints({ ...run, history: unstruck })).toContainEqual(expect.stringContaining('0 faults struck'));
    const struckOnce = unstruck.map((entry, place): Entry => (place === unstruck.findIndex(({ kind }) => kind === 'struck') ? run.history[place]! : entry));
    const all = new Set(run.history.flatMap((entry) => (entry.kind === 'struck' ? [entry.fault] : [])));
    expect(complaints({ ...run, history: struckOnce })).toHaveLength(all.size - 1);
    expect(complaints({ ...run, history: run.history.filter(({ kind }) => kind !== 'heard') })).toEqual([expect.stringContaining('0 events were heard')]);
    const ofOneLine = run.history.map((entry): Entry => (entry.kind === 'followed' ? { ...entry, connection: 1 } : entry));
    expect(complaints({ ...run, history: ofOneLine })).toEqual([expect.stringContaining('0 topics went on where they were')]);
    const screens = (least: number) => judge(run, workloads, { least: { ...usualLimits.least, screens: least } }).violations.map(({ what }) => what);
    expect(screens(6)).toEqual([]);
    expect(screens(7)).toEqual([expect.stringContaining('6 screens were ever live, and at least 7 had to be')]);
    expect(complaints({ ...run, stream: run.stream.filter(({ version }) => version === 1) })).toEqual([expect.stringContaining('0 aggregates were changed')]);
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
    // Not every run has what a damage needs: the rarest finds it in every fifth or so.
    expect(inflicted).toBeGreaterThan(2);
  });
});
