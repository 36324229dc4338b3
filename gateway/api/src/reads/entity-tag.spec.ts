import { describe, expect, it } from 'vitest';
import { entityTag, heldTag } from './entity-tag.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const tag = entityTag(bytes('{"a":1}'));

describe('an entity tag', () => {
  it('is the same for the same bytes only', () => {
    expect(entityTag(bytes('{"a":1}'))).toBe(tag);
    expect(entityTag(bytes('{"a":1} '))).not.toBe(tag);
  });

  it.each([
    [undefined, undefined],
    ['"other"', undefined],
    [tag, tag],
    [`W/${tag}`, tag],
    [`"other" , ${tag}`, tag],
    ['*', tag],
    [`${tag.slice(0, -1)}-br"`, `${tag.slice(0, -1)}-br"`],
    [`${tag.slice(0, -1)}-zip"`, undefined],
  ])('is found in If-None-Match: %s', (ifNoneMatch, held) => {
    expect(heldTag(ifNoneMatch, tag)).toBe(held);
  });
});
