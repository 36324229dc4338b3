import { describe, expect, it } from 'vitest';
import { COST, formatHash, isOutdated, nobodysHash, normalised, parseHash } from './password.ts';

const hash = { cost: COST, salt: Buffer.from('0123456789abcdef'), digest: Buffer.alloc(32, 7) };

describe('a password hash', () => {
  it('is a PHC string that carries its parameters', () => {
    expect(formatHash(hash)).toBe('$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc');
    expect(parseHash(formatHash(hash))).toEqual(hash);
  });

  it('that is something else is a fault, not a wrong password', () => {
    for (const text of ['', '$argon2i$v=19$m=19456,t=2,p=1$AAAA$AAAA', '$2b$12$abcdefghijklmnopqrstuv', formatHash(hash).slice(0, 40)])
      expect(() => parseHash(text)).toThrow('not an argon2id PHC string');
  });

  it('is outdated when any of its parameters is another than today’s', () => {
    expect(isOutdated(hash)).toBe(false);
    expect(isOutdated({ ...hash, cost: { ...COST, memoryKiB: 4_096 } })).toBe(true);
    expect(isOutdated({ ...hash, cost: { ...COST, passes: 3 } })).toBe(true);
    expect(isOutdated({ ...hash, cost: { ...COST, lanes: 4 } })).toBe(true);
  });

  it('of nobody costs what everybody’s does', () => {
    expect(isOutdated(nobodysHash)).toBe(false);
    expect(nobodysHash.digest).toHaveLength(hash.digest.length);
  });
});

it('a password is the same one however its letters were composed', () => {
  expect(normalised('gr\u00fc\u00dfe')).toBe(normalised('gru\u0308\u00dfe'));
  expect(normalised('case Matters ')).toBe('case Matters ');
});
