import { expect, it } from 'vitest';
import { leadsToAccountPages } from './web-url.ts';

it.each([
  [undefined, true],
  ['https://api.example.org/account', true],
  ['https://example.org/mela/account/', true],
  ['https://app.example.org', false],
  ['https://app.example.org/accounts', false],
  ['https://account', false],
])('links that lead to %j lead to the API’s own pages: %j', (url, own) => {
  expect(leadsToAccountPages(url)).toBe(own);
});
