import { exactInstant, type KeysetPosition, type Rows } from '@mela/chassis';
import type { AuditState } from './audit.ts';

export type NewEntry = Omit<AuditState, 'at'>;

export interface AuditFilter {
  readonly what?: string | undefined;
  readonly who?: string | undefined;
  readonly about?: string | undefined;
  /** The first moment, and the first that is too late. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export type ListedEntry = AuditState & { readonly exactAt: string };

const PURGED_AT_ONCE = 5_000;

/** Only ever added to: the database itself refuses anything else. */
export class AuditStore {
  constructor(private readonly rows: Rows) {}

  async insert({ id, what, who, about, clientAddress, userAgent, device, traceId, details }: NewEntry): Promise<void> {
    await this.rows.query(
      `INSERT INTO audit (id, what, who, about, client_address, user_agent, device, trace_id, details) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [id, what, who, about, clientAddress, userAgent, device, traceId, JSON.stringify(details)],
    );
  }

  /** Newest first, strictly behind the position. */
  newestOf({ what, who, about, from, to }: AuditFilter, behind: KeysetPosition | undefined, rows: number): Promise<ListedEntry[]> {
    const [at, id] = behind ?? ['infinity', null];
    return this.rows.query<ListedEntry>(
      `SELECT id, at, what, who, about, client_address AS "clientAddress", user_agent AS "userAgent", device, trace_id AS "traceId", details,
              ${exactInstant('at')} AS "exactAt"
       FROM audit
       WHERE (at, id) < ($1::timestamptz, $2::uuid) AND ($3::text IS NULL OR what = $3) AND ($4::uuid IS NULL OR who = $4)
         AND ($5::uuid IS NULL OR about = $5) AND ($6::timestamptz IS NULL OR at >= $6) AND ($7::timestamptz IS NULL OR at < $7)
       ORDER BY at DESC, id DESC LIMIT $8`,
      [at, id, what ?? null, who ?? null, about ?? null, from ?? null, to ?? null, rows],
    );
  }

  /** Where somebody was who is gone, and with what, and how they called a passkey, which was noted once: the database allows it of nobody else. */
  async forgetWhereabouts(personId: string): Promise<void> {
    await this.rows.query(
      `UPDATE audit SET client_address = NULL, user_agent = NULL, device = NULL, details = CASE what WHEN 'passkey_added' THEN details - 'name' ELSE details END
       WHERE (who = $1 OR who IS NULL AND about = $1)
         AND (client_address IS NOT NULL OR user_agent IS NOT NULL OR device IS NOT NULL OR what = 'passkey_added' AND details ? 'name')`,
      [personId],
    );
  }

  /** Some of what is older than so many days; answers how many went. */
  async purge(days: number): Promise<number> {
    await this.rows.query(`SELECT set_config('mela.audit_days', $1, true)`, [String(days)]);
    const gone = await this.rows.query(
      `DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < now() - make_interval(days => $1) ORDER BY at, id LIMIT ${PURGED_AT_ONCE} FOR UPDATE SKIP LOCKED) RETURNING id`,
      [days],
    );
    return gone.length;
  }
}
