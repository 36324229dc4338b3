import { exactInstant, type KeysetPosition, type Rows } from '@mela/chassis';
import type { identity, In } from '@mela/contracts';
import { ACCOUNT } from '../person/person.store.ts';
import type { AccountState } from './account.ts';

export type ListedAccount = AccountState & { readonly exactAt: string };

/** Whoever is shut out and has closed it besides is found as both. */
const IN_STATE = `CASE $5::text
  WHEN 'active' THEN suspended_at IS NULL AND deactivated_at IS NULL WHEN 'suspended' THEN suspended_at IS NOT NULL WHEN 'closed' THEN deactivated_at IS NOT NULL ELSE true END`;

const FULL = `${ACCOUNT}, suspended_by AS "suspendedBy", suspension_reason AS "suspensionReason"`;

/** People, as those look at them who look after the platform. */
export class AccountStore {
  constructor(private readonly rows: Rows) {}

  async find(id: string): Promise<AccountState | undefined> {
    const [account] = await this.rows.query<AccountState>(`SELECT ${FULL} FROM person WHERE id = $1`, [id]);
    return account;
  }

  /** Newest first, strictly behind the position. */
  newestOf({ text, role, state }: Pick<In<typeof identity.accounts>, 'text' | 'role' | 'state'>, behind: KeysetPosition | undefined, rows: number): Promise<ListedAccount[]> {
    const [at, id] = behind ?? ['infinity', null];
    return this.rows.query<ListedAccount>(
      `SELECT ${FULL}, ${exactInstant('created_at')} AS "exactAt" FROM person
       WHERE (created_at, id) < ($1::timestamptz, $2::uuid) AND ($4::text IS NULL OR role = $4) AND ${IN_STATE}
         AND ($3::text IS NULL OR strpos(lower(name), lower($3)) > 0 OR strpos(email, lower($3)) > 0
           OR id IN (SELECT person_id FROM handle WHERE kept_until IS NULL AND starts_with(handle, lower($3))))
       ORDER BY created_at DESC, id DESC LIMIT $6`,
      [at, id, text ?? null, role ?? null, state ?? null, rows],
    );
  }

  async suspend(id: string, by: string, reason: string): Promise<AccountState> {
    const [account] = await this.rows.query<AccountState>(
      `UPDATE person SET suspended_at = clock_timestamp(), suspended_by = $2, suspension_reason = $3, version = version + 1 WHERE id = $1 RETURNING ${FULL}`,
      [id, by, reason],
    );
    return account!;
  }

  async restore(id: string): Promise<AccountState> {
    const [account] = await this.rows.query<AccountState>(
      `UPDATE person SET suspended_at = NULL, suspended_by = NULL, suspension_reason = NULL, version = version + 1 WHERE id = $1 RETURNING ${FULL}`,
      [id],
    );
    return account!;
  }
}
