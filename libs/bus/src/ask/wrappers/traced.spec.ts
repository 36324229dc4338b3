import { expect, it } from 'vitest';
import { currentContext, traceIdOf } from '../../context.ts';
import { exchangeOf } from './exchange.fixture.ts';
import { traced } from './traced.ts';

const context = traced(async () => currentContext());
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

it('continues the trace that came in, under a span of its own', async () => {
  const found = (await context(exchangeOf({ headers: { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` } }))) as { traceparent: string };
  expect(traceIdOf(found.traceparent)).toBe(TRACE);
  expect(found.traceparent).not.toContain('00f067aa0ba902b7');
});

it.each(['', 'garbage', `00-${TRACE}-zz-01`, undefined])('begins a new one when %j came in', async (traceparent) => {
  const found = (await context(exchangeOf({ headers: traceparent === undefined ? {} : { traceparent } }))) as { traceparent: string };
  expect(traceIdOf(found.traceparent)).toMatch(/^[0-9a-f]{32}$/);
  expect(traceIdOf(found.traceparent)).not.toBe(TRACE);
});

it('takes the token from a Bearer header and from no other', async () => {
  expect(await context(exchangeOf({ headers: { authorization: 'Bearer abc.def-_1' } }))).toMatchObject({ token: 'abc.def-_1' });
  expect(await context(exchangeOf({ headers: { authorization: 'Basic YTpi' } }))).toMatchObject({ token: undefined });
});
