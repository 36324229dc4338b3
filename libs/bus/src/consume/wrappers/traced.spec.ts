import type { EventOf } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { currentContext } from '../../context.ts';
import { TracedAttempt } from './traced.ts';

const { handle } = new TracedAttempt({
  as: 'garden.each',
  handle: async () => {
    await Promise.resolve();
    return currentContext();
  },
});
const tx = { query: async () => [] };

describe('a handler', () => {
  it('works in the trace of its event, at a place of its own, for its actor', async () => {
    const context = await handle({ traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', actor: 'asha' } as EventOf, tx);
    expect(context).toEqual({ traceparent: expect.stringMatching(/^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01$/), actor: 'asha' });
  });

  it('begins a trace where the event has none', async () => {
    expect(await handle({} as EventOf, tx)).toMatchObject({ traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/) });
  });
});
