import { identity } from '@mela/contracts';
import type { Workload } from '@mela/testkit/chaos';
import { answersOfTheLog, noted, notedAtLeastOnce, notedOnce } from './chaos/audit-log.ts';
import { credentials } from './chaos/credentials.ts';
import { keptAfterComingBack, nobodyDeleted } from './chaos/departures.ts';
import { exportsReady } from './chaos/exports.ts';
import { oneOwner } from './chaos/handles.ts';
import { refreshTokenOf, verificationOf } from './chaos/ids-in-tokens.ts';
import { lookingAfter } from './chaos/looking-after.ts';
import { readingMail } from './chaos/mail.ts';
import { linksOnce, worksOnce } from './chaos/once.ts';
import { momentOf, oneself } from './chaos/oneself.ts';
import { comingFromOutside } from './chaos/outside.ts';
import { endedByAnotherPassword, falselyRefused } from './chaos/sessions.ts';
import { signingIn } from './chaos/signing-in.ts';
import { shutOut, stateOfSuspension } from './chaos/suspensions.ts';

export const workload: Workload = {
  service: 'identity',
  aggregates: {
    user: 'SELECT id::text AS id, version FROM person',
    // Of one that is alive nothing was said.
    session: 'SELECT id::text AS id, version FROM session WHERE version > 0',
    // There is a row as soon as somebody wanted to change something.
    profile: 'SELECT person_id::text AS id, version FROM profile WHERE version > 0',
    verification: 'SELECT id::text AS id, 1 AS version FROM verification',
    export: 'SELECT id::text AS id, version FROM export',
  },
  rows: {
    person: 'SELECT id::text AS id, email, name, suspended_at IS NOT NULL AS suspended, deactivated_at IS NOT NULL AS closed, deletion_due_at IS NOT NULL AS leaving FROM person',
    session: 'SELECT id::text AS id, person_id::text AS "personId", generation, revoked_at IS NOT NULL AS revoked FROM session',
    profile: 'SELECT person_id::text AS id, bio FROM profile',
    handle: 'SELECT handle, person_id::text AS "personId" FROM handle',
    verification: 'SELECT id::text AS id, purpose, person_id::text AS "personId", email, used_at IS NOT NULL AS used, superseded_at IS NOT NULL AS superseded FROM verification',
    emailChange: 'SELECT id::text AS id, person_id::text AS "personId", old_email AS "oldEmail", new_email AS "newEmail", completed_at IS NOT NULL AS completed FROM email_change',
    export: 'SELECT id::text AS id, person_id::text AS "personId", ready_at IS NOT NULL AS ready, missing FROM export',
    audit: 'SELECT id::text AS id, what, who::text AS who, about::text AS about, user_agent AS agent FROM audit',
  },
  waits: 'SELECT count(*)::int AS waiting FROM export WHERE ready_at IS NULL',
  acts: [...signingIn, ...credentials, ...readingMail, ...oneself, ...lookingAfter, comingFromOutside],
  // Whoever probes has just registered.
  probe: async ({ session }) => [session.person.id],
  effects: {
    // They may have another address since.
    'identity.register': ({ input: { email } }, rows) =>
      rows['person']!.filter((person) => person['email'] === email).length || rows['emailChange']!.filter(({ oldEmail, completed }) => oldEmail === email && completed === true).length,
    'identity.signIn': notedAtLeastOnce('signed_in'),
    'identity.signInWithCode': noted('signed_in'),
    'identity.finishOutside': noted('signed_in'),
    'identity.endSession': ({ input }, rows) => rows['session']!.filter(({ id, revoked }) => id === input['sessionId'] && revoked === true).length,
    'identity.refresh': ({ input }, rows) => {
      const used = refreshTokenOf(String(input['refreshToken']));
      return rows['session']!.filter(({ id, generation }) => id === used.sessionId && Number(generation) > used.generation).length;
    },
    // One takes the place of the other, so that of a refused one nothing can be told; what was answered is there, or what came later.
    'identity.changeProfile': ({ input, personId, outcome }, rows) => {
      if ('handle' in input) return rows['handle']!.filter((row) => row['handle'] === input['handle'] && row['personId'] === personId).length;
      return outcome.kind === 'refused' ? 0 : rows['profile']!.filter(({ id, bio }) => id === personId && momentOf(bio) >= momentOf(input['bio'])).length;
    },
    'identity.verifyEmail': ({ input }, rows) => usedOf(input['token'], rows['verification']!),
    'identity.resetPassword': ({ input }, rows) => usedOf(input['token'], rows['verification']!),
    'identity.confirmEmail': ({ input }, rows) => usedOf(input['token'], rows['verification']!),
    // The first one came with the account.
    'identity.verifyEmailAgain': ({ personId }, rows) => rows['verification']!.filter((row) => row['purpose'] === 'verify_email' && row['personId'] === personId).length - 1,
    'identity.forgotPassword': ({ input }, rows) => rows['verification']!.filter(({ purpose, email }) => purpose === 'reset_password' && email === input['email']).length,
    'identity.changeEmail': ({ input, personId }, rows) => rows['emailChange']!.filter((row) => row['newEmail'] === input['newEmail'] && row['personId'] === personId).length,
    'identity.changePassword': noted('password_changed'),
    'identity.confirmTotp': noted('second_factor_on'),
    'identity.removeTotp': noted('second_factor_off'),
    'identity.deactivate': noted('deactivated'),
    'identity.delete': noted('deletion_requested'),
    'identity.requestExport': ({ personId }, rows) => rows['export']!.filter((row) => row['personId'] === personId).length,
  },
  // What is begun is gone with its end; whoever is shut out or let in may have been already.
  traceless: [identity.beginTotp.id, identity.beginOutside.id, identity.suspend.id, identity.restore.id],
  invariants: [falselyRefused, endedByAnotherPassword, notedOnce, answersOfTheLog, worksOnce, linksOnce, oneOwner, keptAfterComingBack, nobodyDeleted, shutOut, stateOfSuspension, exportsReady],
};

const usedOf = (token: unknown, verifications: readonly Readonly<Record<string, unknown>>[]): number =>
  verifications.filter(({ id, used }) => id === verificationOf(token) && used === true).length;
