import type { Evidence } from '@mela/testkit/chaos';
import { expect, it } from 'vitest';
import { randomOf } from '../seed.ts';
import { damages } from './fixture/damage.fixture.ts';
import { longRun } from './fixture/faithful.fixture.ts';
import { workloads } from './fixture/workloads.fixture.ts';
import { report } from './report.ts';
import { judge } from './verdict.ts';

const good = longRun(5);
const started = { seed: '4711', roles: 'separate', minutes: 3, people: 30, screens: 40, workloads };

it('says first how the run was made, then how much it proved', () => {
  const lines = report({ verdict: judge(good, workloads), evidence: good, leftOut: { 'clock wrong': 'libfaketime is not installed' } }, started).split('\n');
  expect(lines[0]).toBe('Seed 4711, shape separate, 3 minutes');
  expect(lines.join('\n')).toMatch(/people +5\n.*attempts +\d+: \d+ answered.*\n.*commands +\d+ acknowledged\n.*events +\d+, and \d+ repeated deliveries.*\n.*screens +6 live; heard \d+ times; \d+ lines broke; \d+ topics went on \(\d+ by /);
  expect(lines.join('\n')).toMatch(/left out +1\n +clock wrong: libfaketime is not installed\n/);
  expect(lines.join('\n')).toContain('Nothing was lost, doubled or made up.');
});

it('tells ten violations at the most, some of each invariant, each with its story, and how to run it again', () => {
  const random = randomOf('report');
  let evidence: Evidence = { ...good, stream: good.stream.slice(30) };
  for (const name of ['a 2xx was not kept', 'an effect is doubled', 'a slow recovery', 'a 500']) evidence = damages[name]!(evidence, random)!.evidence;
  const verdict = judge(evidence, workloads);
  expect(verdict.violations.length).toBeGreaterThan(30);
  const text = report({ verdict, evidence, leftOut: {} }, started);
  for (const invariant of new Set(verdict.violations.map((violation) => violation.invariant))) expect(text).toContain(`\n${invariant}: `);
  expect(verdict.violations.filter(({ what }) => text.includes(`\n  ${what}\n`))).toHaveLength(10);
  expect(text).toContain('kill postgres struck; healed at 0.01 s, recovered from at 30.0 s');
  expect(text).toContain('npm run chaos -- --minutes 3 --seed 4711 --roles separate --people 30 --screens 40\n');
});

it('tells all that the run was asked, so that it can be copied', () => {
  const nothing = { history: [], stream: [], services: {}, tally: {} };
  const asked = { ...started, seed: "it's a seed", only: ['role killed', 'nats'], strikes: 4, plant: './a mistake.mjs' };
  expect(report({ verdict: judge(nothing, []), evidence: nothing, leftOut: {} }, asked)).toContain(
    `\n  npm run chaos -- --minutes 3 --seed 'it'\\''s a seed' --roles separate --people 30 --screens 40 --only 'role killed' nats --strikes 4 --plant './a mistake.mjs'\n`,
  );
});

it('a run that asked for nothing is reported too', () => {
  const nothing = { history: [], stream: [], services: {}, tally: {} };
  expect(report({ verdict: judge(nothing, []), evidence: nothing, leftOut: {} }, started)).toContain('no answer at all');
});
