import { Db, type PersonalData, type Tx } from '@mela/chassis';
import type { PersonalRecord } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { asOwnEntry } from '../audit/audit.ts';
import { AuditStore, type ListedEntry } from '../audit/audit.store.ts';
import { DepartureService } from '../departure/departure.service.ts';
import { asPerson } from '../person/person.ts';
import { PersonStore } from '../person/person.store.ts';
import { asProfile } from '../profile/profile.ts';
import { ProfileStore } from '../profile/profile.store.ts';

const AT_ONCE = 500;

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
    yield { kind: 'account', item: { ...asPerson(account), suspendedAt: account.suspendedAt, deactivatedAt: account.deactivatedAt, deletionDueAt: account.deletionDueAt } };
    const profile = await this.db.get(ProfileStore).find(personId);
    if (profile) yield { kind: 'profile', item: asProfile(profile) };
    for (const item of await this.rows('SELECT handle, kept_until AS "keptUntil" FROM handle WHERE person_id = $1 ORDER BY handle', personId)) yield { kind: 'handles', item };
    const sessions = `SELECT id, device, created_at AS "createdAt", rotated_at AS "refreshedAt", expires_at AS "expiresAt", revoked_at AS "revokedAt"
      FROM session WHERE person_id = $1 AND impersonator_id IS NULL ORDER BY created_at, id`;
    for (const item of await this.rows(sessions, personId)) yield { kind: 'sessions', item };
    const apiKeys = `SELECT api_key.id, name, scopes, array_agg(prefix ORDER BY api_key_secret.created_at) AS prefixes, max(last_used_at) AS "lastUsedAt",
        api_key.created_at AS "createdAt", expires_at AS "expiresAt", revoked_at AS "revokedAt"
      FROM api_key JOIN api_key_secret ON key_id = api_key.id WHERE person_id = $1 GROUP BY api_key.id ORDER BY api_key.created_at, api_key.id`;
    for (const item of await this.rows(apiKeys, personId)) yield { kind: 'apiKeys', item };
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
