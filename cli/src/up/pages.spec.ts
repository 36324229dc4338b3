import { expect, it } from 'vitest';
import { pagesOf } from './pages.ts';

it('links in mails lead to the API, wherever it listens', () => {
  expect(pagesOf({})).toBe('http://127.0.0.1:8080/account');
  expect(pagesOf({ API_PORT: '8082' })).toBe('http://127.0.0.1:8082/account');
  expect(pagesOf({ API_HOST: '0.0.0.0', API_PORT: '8080' })).toBe('http://127.0.0.1:8080/account');
  expect(pagesOf({ API_HOST: '::1', API_PORT: '8080' })).toBe('http://[::1]:8080/account');
  expect(pagesOf({ API_HOST: '192.168.1.5', API_PORT: '8080' })).toBe('http://192.168.1.5:8080/account');
});
