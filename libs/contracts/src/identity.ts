import { z } from 'zod';
import { accountOperations } from './identity/account.ts';
import { apiKeyOperations } from './identity/api-key.ts';
import { auditOperations } from './identity/audit.ts';
import { cardOperations } from './identity/card.ts';
import { departureOperations } from './identity/departure.ts';
import { emailChangeOperations } from './identity/email-change.ts';
import { exportOperations } from './identity/export.ts';
import { forgottenPasswordOperations } from './identity/forgotten-password.ts';
import { impersonationOperations } from './identity/impersonation.ts';
import { mailOperations } from './identity/mail.ts';
import { outsideLinkOperations } from './identity/outside-link.ts';
import { outsideOperations } from './identity/outside.ts';
import { passkeyOperations } from './identity/passkey.ts';
import { passwordChangeOperations } from './identity/password-change.ts';
import { Person } from './identity/person.ts';
import { profileOperations } from './identity/profile.ts';
import { roleOperations } from './identity/role.ts';
import { secondFactorResetOperations } from './identity/second-factor-reset.ts';
import { secondFactorOperations } from './identity/second-factor.ts';
import { sessionOperations } from './identity/session.ts';
import { setupOperations } from './identity/setup.ts';
import { signingKeyOperations } from './identity/signing-key.ts';
import { verificationOperations } from './identity/verification.ts';
import { anyone, person } from './language/access.ts';
import { hearing } from './language/hearing.ts';
import { perUser } from './language/limit.ts';
import { query, service } from './language/operation.ts';

export * from './identity/account.ts';
export * from './identity/api-key.ts';
export * from './identity/audit.ts';
export * from './identity/card.ts';
export * from './identity/departure.ts';
export * from './identity/email-change.ts';
export * from './identity/export.ts';
export * from './identity/forgotten-password.ts';
export * from './identity/handle.ts';
export * from './identity/impersonation.ts';
export * from './identity/mail.ts';
export * from './identity/outside-link.ts';
export * from './identity/outside.ts';
export * from './identity/owner-proof.ts';
export * from './identity/passkey.ts';
export * from './identity/password-change.ts';
export * from './identity/person.ts';
export * from './identity/profile.ts';
export * from './identity/role.ts';
export * from './identity/second-factor-reset.ts';
export * from './identity/second-factor.ts';
export * from './identity/session.ts';
export * from './identity/setup.ts';
export * from './identity/signing-key.ts';
export * from './identity/verification.ts';
export * from './identity/ways-in.ts';

export const identity = service('identity', {
  // Before what ends the session in which somebody tries all of them out.
  ...departureOperations,
  ...sessionOperations,
  ...passwordChangeOperations,
  ...roleOperations,
  ...accountOperations,
  ...impersonationOperations,
  ...auditOperations,
  ...profileOperations,
  ...setupOperations,
  ...cardOperations,
  ...signingKeyOperations,
  ...verificationOperations,
  ...forgottenPasswordOperations,
  ...emailChangeOperations,
  ...mailOperations,
  ...secondFactorOperations,
  ...secondFactorResetOperations,
  ...passkeyOperations,
  ...apiKeyOperations,
  ...exportOperations,
  ...outsideOperations,
  ...outsideLinkOperations,
  me: query({
    summary: 'Who is signed in',
    http: 'GET /identity/me',
    access: person,
    limit: perUser(600, '1m'),
    input: z.object({}),
    output: Person,
  }),
  jwks: query({
    summary: 'The public keys that access tokens are verified with',
    http: 'GET /.well-known/jwks.json',
    access: anyone,
    input: z.object({}),
    output: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }),
  }),
  hearing: hearing('May the caller hear this person’s topic?'),
}, { keepsPersonalData: true });
