import { expect, it } from 'vitest';
import { firstLanguage } from './language.ts';

it.each([
  [undefined, 'en'], ['', 'en'], ['*', 'en'], ['ne-NP,ne;q=0.9,en;q=0.8', 'ne-NP'], ['fr;q=0.2, hi-IN', 'hi-IN'], ['en;q=0, hi;q=0.1', 'hi'],
  ['"><script>', 'en'], [`${'a-'.repeat(40)}b`, 'en'], ['de;q=x, ne', 'ne'],
])('whoever accepts %j is written to in %s', (accepted, language) => {
  expect(firstLanguage(accepted)).toBe(language);
});
