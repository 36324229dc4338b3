import { describe, expect, it } from 'vitest';
import { hashOfApiKey, isMarkedAsApiKey, newApiKey, readApiKey } from './key-text.ts';

describe('the text of an API key', () => {
  it('says which key it is, begins with what may be shown, and is another each time', () => {
    const { prefix, text } = newApiKey();
    expect(text).toMatch(/^mela_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/);
    expect(text.startsWith(`${prefix}_`)).toBe(true);
    expect(readApiKey(text)).toEqual({ prefix, text });
    expect(newApiKey().text).not.toBe(text);
    expect(hashOfApiKey(text)).toHaveLength(32);
  });

  it('draws from all letters', () => {
    const drawn = new Set(Array.from({ length: 200 }, () => newApiKey().text.slice(18, -6)).join(''));
    expect(drawn.size).toBe(62);
  });

  it('is not read with any letter mistyped, two in each other’s place, or cut off', () => {
    const { text } = newApiKey();
    for (let at = 0; at < text.length; at++) {
      const other = text[at] === 'x' ? 'y' : 'x';
      expect(readApiKey(text.slice(0, at) + other + text.slice(at + 1)), `another letter at ${at}`).toBeUndefined();
      expect(readApiKey(text.slice(0, at)), `cut off at ${at}`).toBeUndefined();
      if (at > 0 && text[at] !== text[at - 1]) {
        const swapped = text.slice(0, at - 1) + text[at] + text[at - 1] + text.slice(at + 1);
        expect(readApiKey(swapped), `turned round at ${at}`).toBeUndefined();
      }
    }
    for (const wrong of ['', 'mela_', `${text} `, ` ${text}`, text.toUpperCase(), `${text}0`]) expect(readApiKey(wrong)).toBeUndefined();
  });

  it('is told from an access token by its beginning', () => {
    expect(isMarkedAsApiKey(newApiKey().text)).toBe(true);
    expect(isMarkedAsApiKey('eyJhbGciOiJFZERTQSJ9.e30.AAAA')).toBe(false);
  });
});
