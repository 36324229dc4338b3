import type { Asked, Entry, Evidence, Struck } from '@mela/testkit/chaos';
import { describe, expect, it } from 'vitest';
import { randomOf } from '../seed.ts';
import { damages } from './fixture/damage.fixture.ts';
import { longRun } from './fixture/faithful.fixture.ts';
import { workloads } from './fixture/workloads.fixture.ts';
import { usualLimits } from './invariants/judge.ts';
import { violationsOf } from './judges.ts';
import { shortestStory } from './shortest.ts';
import { Mentions } from './story/mentions.ts';
import { judge } from './verdict.ts';

const long = longRun(11);

const storyOf = (evidence: Evidence, invariant: string, about: readonly string[]) => {
  const violation = judge(evidence, workloads).violations.find((one) => one.invariant === invariant && about.every((id) => one.about.includes(id)))!;
  let judgements = 0;
  const story = shortestStory(violation, evidence, new Mentions(evidence.history, violation.about), (part) => {
    judgements += 1;
    return violationsOf(part, workloads, usualLimits, invariant);
  }, { judgements: 2_000, ms: Number.POSITIVE_INFINITY });
  return { story, violation, judgements };
};

describe('of a long run', () => {
  it('is long indeed', () => {
    expect(long.history.length).toBeGreaterThan(1_500);
  });

  it.each(Object.keys(damages))('the story is short when %s', (name) => {
    const { evidence, invariant, about } = damages[name]!(long, randomOf('a long run'))!;
    const { story, violation, judgements } = storyOf(evidence, invariant, about);
    expect(story.entries.filter(({ kind }) => kind !== 'struck').length).toBeLessThanOrEqual(12);
    expect(judgements).toBeLessThan(500);
    const again = violationsOf({ ...evidence, history: story.entries }, workloads, usualLimits, invariant);
    expect(again.some((one) => violation.about.every((id) => one.about.includes(id)))).toBe(true);
  });
});

it('tells all attempts of the one command, and nothing of any other', () => {
  const { evidence, invariant, about } = damages['a 2xx was not kept']!(long, randomOf('attempts'))!;
  const { story } = storyOf(evidence, invariant, about);
  const attempts = evidence.history.filter((entry) => entry.kind === 'asked' && entry.key === about[0]);
  expect(story.entries.filter(({ kind }) => kind === 'asked')).toEqual(attempts);
  expect(story.events.map(({ aggregate }) => aggregate)).toContain(about[1]);
});

it('tells who made what the tables alone complain of, and what struck meanwhile', () => {
  const commented = new Set(long.history.map((entry) => (entry.kind === 'asked' ? entry.input['postId'] : undefined)));
  const idOf = (entry: Entry) => ((entry as Asked).outcome as { body: { id: string } }).body.id;
  const command = long.history.find((entry): entry is Asked => entry.kind === 'asked' && entry.operation === 'communities.createPost' && entry.outcome.kind === 'answered' && entry.attempt > 1 && !commented.has(idOf(entry)))!;
  const postId = idOf(command);
  const near: Struck = { kind: 'struck', fault: 'near', roles: ['api'], at: command.endedAt + 1_900, healedAt: command.endedAt + 2_000, calmAt: command.endedAt + 2_000, recoveredAt: command.endedAt + 2_000 };
  const far: Struck = { ...near, fault: 'far', at: command.endedAt + 2_100 };
  const evidence = { ...long, history: [...long.history.filter(({ kind }) => kind !== 'struck'), near, far], stream: long.stream.filter(({ aggregate }) => aggregate !== postId) };
  const { story } = storyOf(evidence, 'I1', [postId]);
  expect(story.entries).toContain(command);
  expect(story.entries.filter(({ kind }) => kind === 'struck')).toEqual([near]);
  expect(story.entries.filter((entry) => entry.kind === 'asked' && entry.key === command.key)).toHaveLength(command.attempt);
});

it('tells nothing of what no judge sees in the whole history either', () => {
  const refused = { invariant: 'rights', what: 'communities was refused to publish evt.user.registered.0', about: [] };
  const story = shortestStory(refused, long, new Mentions(long.history, []), (part) => violationsOf(part, workloads, usualLimits, 'rights'));
  expect(story).toEqual({ entries: [], events: [], leftOut: 0 });
});
