import { expect, it } from 'vitest';
import { exchangeOf } from './exchange.fixture.ts';
import { parsed } from './parsed.ts';

const inputOf = parsed(async (exchange) => exchange.input);

it('gives the handler what the contract describes', async () => {
  expect(await inputOf(exchangeOf({ body: { text: 'hi' } }))).toEqual({ text: 'hi', times: 1 });
});

it('takes parameters from beside the body, which are text', async () => {
  expect(await inputOf(exchangeOf({ body: { text: 'hi' }, headers: { 'mela-params': '{"times":"2"}' } }))).toEqual({ text: 'hi', times: 2 });
});

it('names every field at fault at once, unknown ones too', async () => {
  expect(await inputOf(exchangeOf({ body: { times: 9, role: 'admin' } }))).toMatchObject({
    status: 400,
    code: 'request.invalid',
    facts: { faults: [{ field: 'text', fault: 'is missing' }, { field: 'times' }, { field: 'role', fault: 'unknown field' }] },
  });
});

it('does not send back all that it would not take', async () => {
  const body = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`${'x'.repeat(200)}${n}`, n]));
  const refusal = await inputOf(exchangeOf({ body }));
  expect((refusal as { facts: { faults: unknown[] } }).facts.faults).toHaveLength(20);
  expect(JSON.stringify(refusal).length).toBeLessThan(10_000);
});

it('refuses a parameter that the body gives again', async () => {
  expect(await inputOf(exchangeOf({ body: { text: 'hi', times: 1 }, headers: { 'mela-params': '{"times":"2"}' } }))).toMatchObject({ code: 'request.doubled_field' });
});
