import { Secret, TOTP } from 'otpauth';
import type { Keyring } from '../keyring/keyring.ts';

const STEP_SECONDS = 30;
/** Steps before and after: a clock that is half a minute wrong, and a code that was slowly typed. */
const WINDOW = 1;
const SECRET_BYTES = 20;

export interface NewSecret {
  readonly secret: string;
  readonly uri: string;
  readonly sealed: Buffer;
}

/** Secrets of authenticator apps (RFC 6238): SHA-1, six digits and half a minute are what every app can. */
export class TotpSecrets {
  constructor(private readonly keyring: Keyring) {}

  make(personId: string, email: string): NewSecret {
    const totp = totpOf(new Secret({ size: SECRET_BYTES }), email);
    const secret = totp.secret.base32;
    return { secret, uri: totp.toString(), sealed: this.keyring.seal(secret, sealName(personId)) };
  }

  /** Of which step the code is, where it is one of those near to the moment. */
  stepOf(code: string, { personId, sealedSecret }: { personId: string; sealedSecret: Buffer }, at: Date): number | undefined {
    const totp = totpOf(Secret.fromBase32(this.keyring.open(sealedSecret, sealName(personId))));
    const delta = totp.validate({ token: code, timestamp: at.getTime(), window: WINDOW });
    return delta === null ? undefined : totp.counter({ timestamp: at.getTime() }) + delta;
  }
}

const totpOf = (secret: Secret, label = ''): TOTP => new TOTP({ issuer: 'Mela', label, secret, algorithm: 'SHA1', digits: 6, period: STEP_SECONDS });

const sealName = (personId: string): string => `totp ${personId}`;
