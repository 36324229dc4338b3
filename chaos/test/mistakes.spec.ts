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

describe('a mistake planted on purpose is found', () => {
  it.each(mistakes)('%s', async (mistake, roles, fault, broken) => {
    const { passed, violations, report } = await chaos('--minutes', '2', '--strikes', '2', '--people', '20', '--roles', roles, '--only', fault, '--plant', join(import.meta.dirname, 'mistakes', `${mistake}.mjs`));
    expect(passed, report).toBe(false);
    expect(violations.map(({ invariant }) => invariant), report).toContainEqual(expect.stringMatching(broken));
  }, 180_000);
});
