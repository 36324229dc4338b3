import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chaos } from './chaos-command.ts';

/** What the witness counted against what there is, whichever of them is more. */
const COUNTED = /^The witness counted (\d+) events of .+, and the stream has (\d+)$/;
const counted = (isSo: (counted: number, there: number) => boolean) => (what: string): boolean => {
  const [, times, there] = COUNTED.exec(what) ?? [];
  return isSo(Number(times), Number(there));
};
const tooOften = counted((times, there) => times > there);
const tooSeldom = counted((times, there) => times < there);
const says = (words: RegExp) => (what: string): boolean => words.test(what);

type Mistake = readonly [name: string, roles: string, fault: string, invariant: string, isWhatItDoes: (what: string) => boolean];

/**
 * Each mistake, in which shape and by what it comes to light, the invariant that it breaks, and how. Who comes by first is chance: what
 * the outbox said too early is of a change that is not there, or is said again when it comes; what was acknowledged too early the witness
 * has not counted, or a replica does not know.
 */
const mistakes: readonly Mistake[] = [
  ['no-inbox', 'all', 'events repeated', 'I2', tooOften],
  ['outbox-outside-the-transaction', 'separate', 'transaction.committing', 'I1', says(/^The stream has (version \d+ of .+, and \w+ has (no such|it at version) |\d+ different events of version )/)],
  ['delete-before-acknowledgement', 'all', 'relay.publishing', 'I1', says(/is at version \d+, and the stream has no event of version \d+$/)],
  ['acknowledgement-before-commit', 'all', 'consumer.committing', 'I2', (what) => tooSeldom(what) || says(/^\w+ knows .+, and \w+ has it as /)(what)],
  ['mail-settled-before-it-is-sent', 'separate', 'mail.sending', 'notifications: what is owed has come, at least once', says(/ is sent, and no copy of it came$/)],
  ['idempotency-outside-the-transaction', 'separate', 'transaction.committing', 'I5', says(/, and its effect is in the rows of \w+ 0 times instead of /)],
];

/** Where and when the same choices strike is not always the same: a few blows are enough to hit something in flight. */
const STRIKES = 4;

/** Two minutes, and all the patience that a run has with what does not work, its verdict and its stories included. */
const LIMIT_MS = 450_000;

const run = (signal: AbortSignal, roles: string, strikes: number, faults: readonly string[], ...more: readonly string[]) =>
  chaos(signal, '--minutes', '2', '--strikes', String(strikes), '--people', '30', '--screens', '10', '--seed', 'mistakes', '--roles', roles, '--only', ...faults, ...more);

describe('a mistake planted on purpose is found', () => {
  it.for(mistakes)('%s', { timeout: LIMIT_MS }, async ([mistake, roles, fault, broken, isWhatItDoes], { signal }) => {
    const { passed, violations, report } = await run(signal, roles, STRIKES, [fault], '--plant', join(import.meta.dirname, 'mistakes', `${mistake}.mjs`));
    expect(passed, report).toBe(false);
    expect(violations.some(({ invariant, what }) => invariant === broken && isWhatItDoes(what)), report).toBe(true);
  });
});

describe('without a mistake nothing is found', () => {
  it.for([...Map.groupBy(mistakes, ([, roles]) => roles)])('in the shape %s, by the same faults', { timeout: LIMIT_MS }, async ([roles, rows], { signal }) => {
    const faults = [...new Set(rows.map(([, , fault]) => fault))];
    const { passed, report, counts } = await run(signal, roles, 2 * faults.length, faults);
    expect(passed, report).toBe(true);
    for (const fault of faults) expect(Object.keys(counts.faults), report).toContainEqual(expect.stringContaining(fault));
  });
});
