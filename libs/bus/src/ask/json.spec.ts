import { isRefusal } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { encodeJson, joinInput, parseBody } from './json.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('a body', () => {
  it('is an object, and nothing at all is an empty one', () => {
    expect(parseBody(bytes('{"name":"Runners"}'))).toEqual({ value: { name: 'Runners' } });
    expect(parseBody(bytes(''))).toEqual({ value: {} });
  });

  it.each([
    ['{"a":}', 5],
    ['{"a":1,}', 7],
    ['{"a":1', 6],
    ['{\n "a": tru }', 8],
    ['// hello\n{}', 0],
  ])('that is malformed (%j) is refused with its position', (text, position) => {
    expect(parseBody(bytes(text))).toMatchObject({ code: 'request.malformed', facts: { position } });
  });

  it('says line and column too', () => {
    expect(parseBody(bytes('{\n  "a": 1,\n  b: 2\n}'))).toMatchObject({ facts: { line: 3, column: 3 } });
  });

  it.each(['{"__proto__":{"admin":true}}', '{"a":{"__proto__":1}}', '{"constructor":{"prototype":{"admin":true}}}'])('that reaches for a prototype (%s) is refused', (text) => {
    expect(parseBody(bytes(text))).toMatchObject({ code: 'request.invalid' });
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it('may be nested 32 levels deep and not 33, counted outside of strings', () => {
    const nested = (depth: number) => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
    expect(isRefusal(parseBody(bytes(nested(32))))).toBe(false);
    expect(parseBody(bytes(nested(33)))).toMatchObject({ code: 'request.invalid' });
    expect(isRefusal(parseBody(encodeJson({ a: '[{"\\'.repeat(500) })))).toBe(false);
  });

  it.each(['[]', 'null', '"text"', '42'])('that is no object (%s) is refused', (text) => {
    expect(parseBody(bytes(text))).toMatchObject({ code: 'request.invalid' });
  });

  it('that is no UTF-8 is refused', () => {
    expect(parseBody(new Uint8Array([0x7b, 0xff, 0x7d]))).toMatchObject({ code: 'request.malformed' });
  });
});

describe('joining body and parameters', () => {
  it('takes both', () => {
    expect(joinInput({ body: 'Hello' }, { communityId: '42' })).toEqual({ value: { body: 'Hello', communityId: '42' } });
  });

  it('refuses a name that both give, even with the same value', () => {
    expect(joinInput({ communityId: '42' }, { communityId: '42' })).toMatchObject({ code: 'request.doubled_field', facts: { fields: ['communityId'] } });
  });
});
