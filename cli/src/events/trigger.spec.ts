import { unseal } from '@mela/bus';
import { PostCreated } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { eventFromExample } from './trigger.ts';

const communityId = '01900000-0000-7000-8000-0000000000aa';

describe('an event made from its contract’s example', () => {
  it('has the given fields in place of the example’s, and a fresh id', () => {
    const [one, two] = [0, 1].map(() => eventFromExample({ type: 'post.created', fields: JSON.stringify({ communityId }) }));
    const { data, subject } = unseal(PostCreated, { subject: one!.subject, header: (name) => one!.headers[name], payload: one!.payload });
    expect(data).toEqual({ ...PostCreated.example, communityId });
    expect(subject).toBe(PostCreated.example.postId);
    expect(one!.eventId).not.toBe(two!.eventId);
  });

  it.each([
    ['a type that nobody declares', { type: 'post.eaten' }, 'There is no event post.eaten'],
    ['a field that the event has not', { type: 'post.created', fields: '{"colour":"red"}' }, 'does not declare colour'],
    ['a value that does not fit', { type: 'post.created', fields: '{"communityId":7}' }, 'does not fit its declaration'],
    ['what is not JSON', { type: 'post.created', fields: '{communityId}' }, 'not JSON'],
  ])('is refused for %s', (_what, trigger, message) => {
    expect(() => eventFromExample(trigger)).toThrow(message);
  });
});
