import { readSettings } from '@mela/chassis';
import { describe, expect, it } from 'vitest';
import { ApiSettings } from './settings.ts';

const needed = { REDIS_URL: 'redis://127.0.0.1:6379', CURSOR_SECRET: 'f'.repeat(40) };
const read = (environment: Record<string, string>) => readSettings({ api: ApiSettings }, { ...needed, ...environment }).api;

describe('the settings of the API', () => {
  it('have defaults that suit one machine', () => {
    expect(read({})).toMatchObject({ API_HOST: '127.0.0.1', API_PORT: 8080, CORS_ORIGINS: [], TRUST_PROXY: false, REQUEST_TIMEOUT_MS: 10_000, RATE_LIMITS: 'on' });
  });

  it('list origins, and nothing that only looks like one', () => {
    expect(read({ CORS_ORIGINS: 'https://app.example.org, http://localhost:3000' }).CORS_ORIGINS).toEqual(['https://app.example.org', 'http://localhost:3000']);
    for (const wrong of ['*', 'app.example.org', 'https://app.example.org/', 'https://app.example.org/x', 'null']) expect(() => read({ CORS_ORIGINS: wrong }), wrong).toThrow('CORS_ORIGINS');
  });

  it('trust named balancers, and never everybody', () => {
    expect(read({ TRUST_PROXY: 'uniquelocal, 10.0.0.0/8,2001:db8::/32,192.0.2.1' }).TRUST_PROXY).toEqual(['uniquelocal', '10.0.0.0/8', '2001:db8::/32', '192.0.2.1']);
    for (const wrong of ['true', '*', '1', '10.0.0.0/33', '10.0.0.0/8/8', 'example.org', '0.0.0.0/']) expect(() => read({ TRUST_PROXY: wrong }), wrong).toThrow('TRUST_PROXY');
  });

  it('insist on an encrypted Redis in production', () => {
    expect(() => read({ MELA_ENV: 'production' })).toThrow('REDIS_URL: is to begin with rediss://');
    expect(read({ MELA_ENV: 'production', ALLOW_PLAINTEXT: 'true' }).REDIS_URL).toBe(needed.REDIS_URL);
    expect(read({ MELA_ENV: 'production', REDIS_URL: 'rediss://redis:6379' }).REDIS_URL).toBe('rediss://redis:6379');
  });
});
