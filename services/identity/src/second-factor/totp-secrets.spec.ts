import { id } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { AuthenticatorApp } from '../../test/authenticator-app.fixture.ts';
import { settings } from '../../test/identity.fixture.ts';
import { CannotOpen, Keyring } from '../keyring/keyring.ts';
import { TotpSecrets } from './totp-secrets.ts';

const keyring = new Keyring(settings.IDENTITY_KEY_SECRET);
const secrets = new TotpSecrets(keyring);
const personId = id(1);

describe('the secret of an authenticator app', () => {
  // RFC 6238, appendix B, of whose eight digits an app shows six. The secret is "12345678901234567890".
  it.each([
    [59, '287082'], [1_111_111_109, '081804'], [1_111_111_111, '050471'], [1_234_567_890, '005924'], [2_000_000_000, '279037'],
  ])('gives the code of the standard at second %i', (second, code) => {
    const base32 = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
    const sealedSecret = keyring.seal(base32, `totp ${personId}`);
    const step = Math.floor(second / 30);
    expect(new AuthenticatorApp(base32).codeOf(step)).toBe(code);
    expect(secrets.stepOf(code, { personId, sealedSecret }, new Date(second * 1000))).toBe(step);
  });

  it('takes codes of the step before and the one after, and none further off', () => {
    const { secret, sealed } = secrets.make(personId, 'asha@example.org');
    const app = new AuthenticatorApp(secret);
    const at = new Date('2030-01-01T09:00:10Z');
    const now = Math.floor(at.getTime() / 30_000);
    const taken = [-2, -1, 0, 1, 2].map((steps) => secrets.stepOf(app.codeOf(now + steps), { personId, sealedSecret: sealed }, at));
    expect(taken).toEqual([undefined, now - 1, now, now + 1, undefined]);
    for (const other of ['', '12345', 'abcdef']) expect(secrets.stepOf(other, { personId, sealedSecret: sealed }, at)).toBeUndefined();
  });

  it('is told to the app with whose it is, and kept where nobody reads it or moves it to another person', () => {
    const { secret, uri, sealed } = secrets.make(personId, 'asha@example.org');
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    const url = new URL(uri);
    expect([url.protocol, url.host, decodeURIComponent(url.pathname)]).toEqual(['otpauth:', 'totp', '/Mela:asha@example.org']);
    expect(Object.fromEntries(url.searchParams)).toEqual({ issuer: 'Mela', secret, algorithm: 'SHA1', digits: '6', period: '30' });
    expect(sealed.includes(secret)).toBe(false);
    expect(() => secrets.stepOf('492039', { personId: id(2), sealedSecret: sealed }, new Date())).toThrow(CannotOpen);
  });
});
