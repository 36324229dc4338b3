import type { Db } from '@mela/chassis';
import { AuditService } from '../src/audit/audit.service.ts';
import { Keyring } from '../src/keyring/keyring.ts';
import { identityTables } from '../src/migrations/0001-identity.ts';
import { platformRoles } from '../src/migrations/0002-roles.ts';
import { sessionsThatEnd } from '../src/migrations/0003-sessions-that-end.ts';
import { NewPasswords } from '../src/person/new-passwords.ts';
import { administration } from '../src/migrations/0005-administration.ts';
import { PasswordHasher } from '../src/person/password-hasher.ts';
import { PersonService } from '../src/person/person.service.ts';
import { PersonRow } from '../src/person/person.store.ts';
import { AccessTokens } from '../src/session/access-tokens.ts';
import { RefreshTokens } from '../src/session/refresh-token.ts';
import { SessionService } from '../src/session/session.service.ts';
import { SessionRow } from '../src/session/session.store.ts';
import { IdentitySettings } from '../src/settings.ts';
import { SigningKeyRow } from '../src/signing-key/signing-key.store.ts';
import { SigningKeys } from '../src/signing-key/signing-keys.ts';
import { openDatabase } from '@mela/testkit';

export const settings = IdentitySettings.parse({ IDENTITY_KEY_SECRET: 'a secret of these specs, long enough to pass' });

export const openIdentityDatabase = () => openDatabase('identity', [identityTables, platformRoles, sessionsThatEnd, administration], [PersonRow, SessionRow, SigningKeyRow]);

/** One replica's parts on a database that others may share. */
export async function identityOn(db: Db, changes: Partial<IdentitySettings> = {}) {
  const own = { ...settings, ...changes };
  const keyring = new Keyring(own.IDENTITY_KEY_SECRET);
  const keys = await SigningKeys.open(db, keyring);
  const hasher = new PasswordHasher(own);
  const passwords = new NewPasswords(hasher);
  const audit = new AuditService(db, keyring, own);
  const sessions = new SessionService(db, hasher, passwords, new RefreshTokens(keyring.keyFor('refresh-token')), new AccessTokens(keys, own), audit, own);
  return { keys, hasher, audit, sessions, people: new PersonService(db, passwords, sessions, audit) };
}
