import { NotFound, Unavailable } from '@mela/contracts';
import { expect, it } from 'vitest';
import type { Reply, Step } from '../exchange.ts';
import { answered } from './answered.ts';
import { exchangeOf, quiet } from './exchange.fixture.ts';
import { traced } from './traced.ts';

async function answerOf(step: Step): Promise<{ reply: Reply; document: Record<string, unknown> }> {
  const reply = (await traced(answered(quiet, (error) => (String(error).includes('away') ? Unavailable() : undefined))(step))(exchangeOf())) as Reply;
  return { reply, document: JSON.parse(new TextDecoder().decode(reply.body)) };
}

it('writes a value as JSON', async () => {
  const { reply, document } = await answerOf(async () => ({ text: 'hi' }));
  expect(reply.status).toBe(200);
  expect(reply.headers.get('content-type')).toBe('application/json');
  expect(document).toEqual({ text: 'hi' });
});

it('writes a refusal as a problem document with its code and the trace', async () => {
  const { reply, document } = await answerOf(async () => NotFound('No such post'));
  expect(reply.headers.get('content-type')).toBe('application/problem+json');
  expect(document).toMatchObject({ status: 404, code: 'resource.not_found', detail: 'No such post', traceId: expect.stringMatching(/^[0-9a-f]{32}$/) });
});

it('does not send what the bus could not carry', async () => {
  const { reply, document } = await answerOf(async () => ({ text: 'x'.repeat(1_000_001) }));
  expect([reply.status, document['code']]).toEqual([500, 'service.answer_too_large']);
});

it('says nothing of how something broke', async () => {
  const { reply, document } = await answerOf(async () => {
    throw new Error('SELECT secret FROM account');
  });
  expect(reply.status).toBe(500);
  expect(JSON.stringify(document)).not.toContain('secret');
});

it('lets an outage be told as one', async () => {
  const { reply } = await answerOf(async () => {
    throw new Error('the database is away');
  });
  expect(reply.status).toBe(503);
});
