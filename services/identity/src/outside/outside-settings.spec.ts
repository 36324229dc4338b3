import { readSettings, type SettingsFault } from '@mela/chassis';
import { describe, expect, it } from 'vitest';
import { IdentitySettings } from '../settings.ts';

const google = { name: 'google', issuer: 'https://accounts.google.com', clientId: 'web' };

function read(providers: unknown, more: Record<string, string> = {}) {
  const text = typeof providers === 'string' ? providers : JSON.stringify(providers);
  return readSettings({ identity: IdentitySettings }, { IDENTITY_KEY_SECRET: 'a secret of these specs, long enough to pass', IDENTITY_OIDC: text, ...more }).identity.IDENTITY_OIDC;
}

function faultOf(providers: unknown, more?: Record<string, string>): string {
  try {
    read(providers, more);
    return '';
  } catch (fault) {
    return (fault as SettingsFault).faults.join();
  }
}

describe('the providers that the settings name', () => {
  it('are none unless set, and need a name, an issuer and a client', () => {
    expect(read('')).toEqual([]);
    expect(read([google])).toMatchObject([{ ...google, audiences: [], redirectUris: [], scopes: 'openid email profile', requiresNonce: false }]);
    expect(faultOf([{ name: 'google' }])).toMatch(/IDENTITY_OIDC: .*0\.issuer.*0\.clientId/);
  });

  it('stop the boot with what is wrong and where', () => {
    expect(faultOf('{')).toContain('IDENTITY_OIDC');
    expect(faultOf([google, google])).toContain('names a provider twice');
    expect(faultOf([{ ...google, redirectUri: 'https://app.example' }])).toContain('redirectUri');
    expect(faultOf([{ ...google, redirectUris: ['https://app.example/*'] }])).toContain('0.redirectUris.0');
    expect(faultOf([{ ...google, algorithms: ['HS256'] }])).toContain('0.algorithms.0');
    expect(faultOf([{ ...google, issuer: 'http://accounts.google.com' }])).toContain('https://');
  });

  it('may be one of this machine without TLS, and not in production', () => {
    const here = [{ ...google, issuer: 'http://127.0.0.1:8026' }];
    expect(read(here)).toHaveLength(1);
    expect(faultOf(here, { MELA_ENV: 'production' })).toContain('https://');
    expect(faultOf([google], { MELA_ENV: 'production' })).toBe('');
  });
});
