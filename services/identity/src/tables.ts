import { EmailChangeRow } from './email-change/email-change.store.ts';
import { HandleRow } from './handle/handle.store.ts';
import { identityTables } from './migrations/0001-identity.ts';
import { platformRoles } from './migrations/0002-roles.ts';
import { sessionsThatEnd } from './migrations/0003-sessions-that-end.ts';
import { keysThatRotate } from './migrations/0004-keys-that-rotate.ts';
import { administration } from './migrations/0005-administration.ts';
import { profiles } from './migrations/0006-profiles.ts';
import { verificationTables } from './migrations/0007-verification.ts';
import { signInAttempts } from './migrations/0008-sign-in-attempts.ts';
import { secondFactor } from './migrations/0009-second-factor.ts';
import { passkeys } from './migrations/0012-passkeys.ts';
import { departures } from './migrations/0010-departures.ts';
import { exportTables } from './migrations/0013-exports.ts';
import { outsideIdentities } from './migrations/0011-outside-identities.ts';
import { signingIn } from './migrations/0014-signing-in.ts';
import { apiKeys } from './migrations/0015-api-keys.ts';
import { archivesByBytes } from './migrations/0016-archives-by-bytes.ts';
import { namesOfPasskeys } from './migrations/0017-names-of-passkeys.ts';
import { OutsideRow } from './outside/outside.store.ts';
import { OutsideFlowRow } from './outside-flow/outside-flow.store.ts';
import { PersonRow } from './person/person.store.ts';
import { SessionRow } from './session/session.store.ts';
import { SigningKeyRow } from './signing-key/signing-key.store.ts';
import { VerificationRow } from './verification/verification.store.ts';

export const entities = [PersonRow, HandleRow, SessionRow, SigningKeyRow, VerificationRow, EmailChangeRow, OutsideRow, OutsideFlowRow];

/** In the order in which they are applied. */
export const migrations = [identityTables, platformRoles, sessionsThatEnd, keysThatRotate, administration, profiles, verificationTables, signInAttempts, secondFactor, passkeys, departures, exportTables, outsideIdentities, signingIn, apiKeys, archivesByBytes, namesOfPasskeys];
