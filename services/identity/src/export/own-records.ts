import { Db, type PersonalData, type Tx } from '@mela/chassis';
import type { PersonalRecord } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { asOwnEntry } from '../audit/audit.ts';
import { AuditStore, type ListedEntry } from '../audit/audit.store.ts';
import { DepartureService } from '../departure/departure.service.ts';
import { asPerson } from '../person/person.ts';
import { PersonStore } from '../person/person.store.ts';
import { ProfileStore } from '../profile/profile.store.ts';
import { SetupStore } from '../setup/setup.store.ts';

const AT_ONCE = 500;

/** Each kind with the rows that tell it, of the person `$1`. */
const LISTS = {
  handles: 'SELECT handle, kept_until AS "keptUntil" FROM handle WHERE person_id = $1 ORDER BY handle',
  sessions: `SELECT id, device, created_at AS "createdAt", rotated_at AS "refreshedAt", expires_at AS "expiresAt", revoked_at AS "revokedAt"
    FROM session WHERE person_id = $1 AND impersonator_id IS NULL ORDER BY created_at, id`,
  // Of where somebody was there are keyed digests, which say when and nothing else.
  familiarPlaces: 'SELECT seen_at AS "lastSeenAt" FROM familiar_place WHERE person_id = $1 ORDER BY seen_at',
  passkeys: `SELECT id, name, credential_id AS "credentialId", counter::float8 AS counter, transports, is_backed_up AS "isBackedUp", created_at AS "createdAt", last_used_at AS "lastUsedAt"
    FROM passkey WHERE person_id = $1 ORDER BY created_at, id`,
  outsideIdentities: `SELECT id, provider, issuer, subject, created_at AS "linkedAt", last_used_at AS "lastUsedAt" FROM outside_identity WHERE person_id = $1 ORDER BY created_at, id`,
  secondFactor: `SELECT created_at AS "begunAt", confirmed_at AS since, wrong_codes AS "wrongCodesAt",
      (SELECT count(*)::int FROM recovery_code WHERE recovery_code.person_id = totp.person_id) AS "recoveryCodesLeft"
    FROM totp WHERE person_id = $1`,
  apiKeys: `SELECT api_key.id, name, scopes, array_agg(prefix ORDER BY api_key_secret.created_at) AS prefixes, max(last_used_at) AS "lastUsedAt",
      api_key.created_at AS "createdAt", expires_at AS "expiresAt", revoked_at AS "revokedAt"
    FROM api_key JOIN api_key_secret ON key_id = api_key.id WHERE person_id = $1 GROUP BY api_key.id ORDER BY api_key.created_at, api_key.id`,
  emailChanges: `SELECT id, old_email AS "oldEmail", new_email AS "newEmail", created_at AS "askedAt", old_confirmed_at AS "oldConfirmedAt", new_confirmed_at AS "newConfirmedAt",
      completed_at AS "completedAt", superseded_at AS "supersededAt", expires_at AS "expiresAt"
    FROM email_change WHERE person_id = $1 ORDER BY created_at, id`,
  // What anybody asked for at their address is kept in nobody's name, and told to whoever has shown that it is theirs.
  verifications: `SELECT id, purpose, email, created_at AS "askedAt", used_at AS "usedAt", superseded_at AS "supersededAt", expires_at AS "expiresAt"
    FROM verification WHERE person_id = $1 OR person_id IS NULL AND email = (SELECT email FROM person WHERE id = $1 AND email_verified_at IS NOT NULL) ORDER BY created_at, id`,
  exports: 'SELECT id, asked_at AS "askedAt", ready_at AS "readyAt", missing, bytes FROM export WHERE person_id = $1 ORDER BY asked_at, id',
} as const;

/** What identity keeps of a person. Passwords and tokens are kept in no form that anybody could read, so there is nothing of them to tell. */
@Injectable()
export class OwnRecords implements PersonalData {
  constructor(
    private readonly db: Db,
    private readonly departures: DepartureService,
  ) {}

  erase(personId: string, tx: Tx): Promise<void> {
    return this.departures.erase(personId, tx);
  }

  async *collect(personId: string): AsyncGenerator<PersonalRecord> {
    const account = await this.db.get(PersonStore).find(personId);
    if (!account) return;
    const { emailVerifiedAt, language, suspendedAt, deactivatedAt, deletionDueAt } = account;
    yield { kind: 'account', item: { ...asPerson(account), emailVerifiedAt, language, suspendedAt, deactivatedAt, deletionDueAt } };
    const profile = await this.db.get(ProfileStore).find(personId);
    if (profile) yield { kind: 'profile', item: { ...profile } };
    yield { kind: 'setup', item: { ...(await this.db.get(SetupStore).find(personId)) } };
    for (const [kind, statement] of Object.entries(LISTS)) for (const item of await this.rows(statement, personId)) yield { kind, item };
    yield* this.audit(personId);
  }

  private async *audit(about: string): AsyncGenerator<PersonalRecord> {
    for (let last: ListedEntry | undefined; ; ) {
      const page = await this.db.get(AuditStore).newestOf({ about }, last && [last.exactAt, last.id], AT_ONCE);
      for (const entry of page) yield { kind: 'audit', item: asOwnEntry(entry) };
      if (page.length < AT_ONCE) return;
      last = page.at(-1);
    }
  }

  private rows(statement: string, personId: string): Promise<Record<string, unknown>[]> {
    return this.db.query(statement, [personId]);
  }
}
