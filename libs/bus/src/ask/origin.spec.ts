import { describe, expect, it } from 'vitest';
import { originOf, readOrigin, writeOrigin } from './origin.ts';

const through = (origin: ReturnType<typeof originOf>) => {
  const sent = new Map<string, string>();
  writeOrigin(origin, sent);
  return readOrigin((name) => sent.get(name));
};

describe('where a request comes from', () => {
  it('arrives as it was sent', () => {
    for (const origin of [originOf('203.0.113.9', 'Mela/2 (Android)'), originOf('2001:db8::9', undefined)]) expect(through(origin)).toEqual(origin);
    expect(readOrigin(() => undefined)).toBeUndefined();
    expect(originOf('::ffff:203.0.113.9', undefined)).toEqual({ address: '203.0.113.9' });
  });

  it('is no way to write into headers or logs, however a client calls itself', () => {
    expect(originOf('203.0.113.9', 'a\r\nmela-status: 200')).toEqual({ address: '203.0.113.9', agent: 'a??mela-status: 200' });
    expect(originOf('203.0.113.9', 'é'.repeat(1_000)).agent).toBe('?'.repeat(300));
    expect(originOf('203.0.113.9', '   ')).toEqual({ address: '203.0.113.9' });
  });
});
