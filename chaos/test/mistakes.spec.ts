import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chaos } from './chaos-command.ts';

/** Each mistake, in which shape and by what it comes to light, and the invariant that it breaks. */
const mistakes = [
  ['no-inbox', 'all', 'events repeated', /^I2/],
  ['outbox-outside-the-transaction', 'separate', 'transaction.committing', /^I1/],
  ['delete-before-acknowledgement', 'all', 'relay.publishing', /^I1/],
  ['acknowledgement-before-commit', 'all', 'consumer.committing', /^I2/],
  ['idempotency-outside-the-transaction', 'separate', 'transaction.committing', /^I5/],
] as const;

/** Where and when the same choices strike is not always the same: a few blows are enough to hit something in flight. */
const STRIKES = 4;

const run = (roles: string, strikes: number, faults: readonly string[], ...more: readonly string[]) =>
  chaos('--minutes', '2', '--strikes', String(strikes), '--people', '30', '--screens', '10', '--seed', 'mistakes', '--roles', roles, '--only', ...faults, ...more);

describe('a mistake planted on purpose is found', () => {
  it.each(mistakes)('%s', async (mistake, roles, fault, broken) => {
    const { passed, violations, report } = await run(roles, STRIKES, [fault], '--plant', join(import.meta.dirname, 'mistakes', `${mistake}.mjs`));
    expect(passed, report).toBe(false);
    expect(violations.map(({ invariant }) => invariant), report).toContainEqual(expect.stringMatching(broken));
  }, 300_000);
});

describe('without a mistake nothing is found', () => {
  it.each([...Map.groupBy(mistakes, ([, roles]) => roles)])('in the shape %s, by the same faults', async (roles, rows) => {
    const faults = [...new Set(rows.map(([, , fault]) => fault))];
    const { passed, report, counts } = await run(roles, 2 * faults.length, faults);
    expect(passed, report).toBe(true);
    for (const fault of faults) expect(Object.keys(counts.faults), report).toContainEqual(expect.stringContaining(fault));
  }, 300_000);
});
