import { expect, it } from 'vitest';
import { currentContext, within } from '../../context.ts';
import { exchangeOf } from './exchange.fixture.ts';
import { timed } from './timed.ts';

const deadline = timed(() => 1_000)(async () => currentContext()?.deadline);
const asked = (left?: string) => within({ traceparent: 'x' }, () => deadline(exchangeOf({ headers: left === undefined ? {} : { 'mela-time-left': left } })));

it('hands down when the answer is of no use any more', async () => {
  expect(await asked('250')).toBe(1_250);
});

it('answers 504 instead of working for nobody', async () => {
  expect(await asked('0')).toMatchObject({ status: 504, code: 'service.timed_out' });
});

it('leaves a request without a limit alone', async () => {
  expect(await asked()).toBeUndefined();
});
