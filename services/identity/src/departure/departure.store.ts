import type { Rows } from '@mela/chassis';
import type { Account } from '../person/person.ts';
import { ACCOUNT } from '../person/person.store.ts';

interface Removed {
  readonly id: string;
  readonly version: number;
  /** The address of now, and those of before that nobody else has since. */
  readonly emails: readonly string[];
}

/** Accounts that are closed, and those whose time has come. */
export class DepartureStore {
  constructor(private readonly rows: Rows) {}

  /** For good in so many days, or until its owner comes back. */
  async close(id: string, days: number | null): Promise<Account> {
    const [closed] = await this.rows.query<Account>(
      `UPDATE person SET deactivated_at = now(), deletion_due_at = now() + make_interval(days => $2), version = version + 1 WHERE id = $1 RETURNING ${ACCOUNT}`,
      [id, days],
    );
    return closed!;
  }

  async reopen(id: string): Promise<Account> {
    const [open] = await this.rows.query<Account>(
      `UPDATE person SET deactivated_at = NULL, deletion_due_at = NULL, version = version + 1 WHERE id = $1 RETURNING ${ACCOUNT}`,
      [id],
    );
    return open!;
  }

  async due(atMost: number): Promise<readonly string[]> {
    const rows = await this.rows.query<{ id: string }>('SELECT id FROM person WHERE deletion_due_at <= now() ORDER BY deletion_due_at, id LIMIT $1', [atMost]);
    return rows.map(({ id }) => id);
  }

  /** With all that hangs on it. Undefined where another replica is at it, or its owner is just coming back, or has. */
  async remove(id: string): Promise<Removed | undefined> {
    const [removed] = await this.rows.query<Removed>(
      `DELETE FROM person WHERE id = (SELECT id FROM person WHERE id = $1 AND deletion_due_at <= now() FOR UPDATE SKIP LOCKED)
       RETURNING id, version + 1 AS version, email || ARRAY(
         SELECT old_email FROM email_change WHERE person_id = person.id AND completed_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM person other WHERE other.email = old_email)) AS emails`,
      [id],
    );
    return removed;
  }
}
