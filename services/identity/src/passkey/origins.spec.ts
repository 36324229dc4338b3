import { describe, expect, it } from 'vitest';
import { IdentitySettings } from '../settings.ts';
import { isOriginOf } from './origins.ts';

describe('who may ask for passkeys', () => {
  it.each(['https://mela.example', 'https://app.mela.example', 'https://mela.example:8443', 'android:apk-key-hash:kLUJ1GW_AE7gHk'])('may %s', (origin) => {
    expect(isOriginOf('mela.example', origin)).toBe(true);
  });

  it.each(['http://mela.example', 'https://evil-mela.example', 'https://mela.example.evil.example', 'https://mela.example/', 'mela.example', '*', 'null', 'http://localhost:3000'])('may not %s', (origin) => {
    expect(isOriginOf('mela.example', origin)).toBe(false);
  });

  it('is read from the settings, which for development have this machine’s own pages', () => {
    const IDENTITY_KEY_SECRET = 'a secret of these specs, long enough to pass';
    expect(IdentitySettings.parse({ IDENTITY_KEY_SECRET })).toMatchObject({ WEBAUTHN_RP_ID: 'localhost', WEBAUTHN_ORIGINS: expect.arrayContaining(['http://localhost:8080']) });
    const production = { IDENTITY_KEY_SECRET, WEBAUTHN_RP_ID: 'mela.example', WEBAUTHN_ORIGINS: 'https://app.mela.example, https://mela.example' };
    expect(IdentitySettings.parse(production).WEBAUTHN_ORIGINS).toEqual(['https://app.mela.example', 'https://mela.example']);
    for (const WEBAUTHN_ORIGINS of ['https://other.example', ',', undefined])
      expect(IdentitySettings.safeParse({ ...production, WEBAUTHN_ORIGINS }).error?.issues.map(({ path }) => path.join('.'))).toEqual(['WEBAUTHN_ORIGINS']);
  });
});
