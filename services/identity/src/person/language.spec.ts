import { expect, it } from 'vitest';
import { languageOfNewcomer } from './language.ts';

it.each([
  [undefined, 'en'], ['', 'en'], ['*', 'en'], ['ne-NP,ne;q=0.9,en;q=0.8', 'ne'], ['fr;q=0.2, hi-IN', 'hi'], ['en;q=0, hi;q=0.1', 'hi'],
  ['mr-IN, hi;q=0.9, en;q=0.8', 'hi'], ['"><script>', 'en'], [`${'a-'.repeat(40)}b`, 'en'], ['de;q=x, ne', 'ne'],
])('whoever is new and accepts %j is written to in %s', (accepted, language) => {
  expect(languageOfNewcomer(accepted)).toBe(language);
});
