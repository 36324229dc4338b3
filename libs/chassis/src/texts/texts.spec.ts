import { describe, expect, it } from 'vitest';
import { Texts } from './texts.ts';

const texts = new Texts({ en: { hello: 'Hello {{name}}', bye: 'Bye' }, ne: { hello: 'नमस्ते {{name}}' }, hi: { hello: 'नमस्ते {{name}}', bye: 'अलविदा' } }, 'en');

it.each([['ne-NP', 'ne'], ['hi', 'hi'], ['HI-in', 'hi'], ['en-GB', 'en'], ['xx', 'en'], ['', 'en']])('whoever has chosen %j is spoken to in %s', (locale, language) => {
  expect(texts.languageFor(locale)).toBe(language);
});

it.each([
  ['ne-NP,ne;q=0.9,en;q=0.8', 'ne'],
  ['en;q=0.2, hi-IN', 'hi'],
  ['fr, de;q=0.9, ne;q=0.1', 'ne'],
  ['mr-IN, hi;q=0.9, en;q=0.8', 'hi'],
  ['ne;q=0, hi;q=0.5', 'hi'],
  ['*', 'en'],
  ['ne;q=much', 'en'],
  ['', 'en'],
  [undefined, 'en'],
])('a browser that asks for %j is answered in %s', (accepted, language) => {
  expect(texts.languageAccepted(accepted)).toBe(language);
});

describe('a text', () => {
  it('is filled as it is: what it means for HTML is for whoever makes HTML', () => {
    expect(texts.in('ne')('hello', { name: '<Asha>' })).toBe('नमस्ते <Asha>');
  });

  it('that nobody translated is said as it was written first', () => {
    expect(texts.in('ne')('bye')).toBe('Bye');
  });
});
