import { oftenAsked, type Rows } from '@mela/chassis';
import type { NewEntry } from '../audit/audit.store.ts';
import type { EntryCredentials } from '../person/person.store.ts';
import type { NewSession } from '../session/session.store.ts';

/** As it was when the password was looked at, and what is written if it still is so. */
interface Entering {
  readonly seen: EntryCredentials;
  readonly session: NewSession;
  readonly days: number;
  readonly entry: NewEntry;
  /** What attempts of this account were counted by. */
  readonly counted: Buffer;
}

/** A column that a session or a note comes to have is written here, too, and where either is written by itself. */
const ENTER = oftenAsked(
  `WITH held AS MATERIALIZED (
     SELECT id FROM person
     WHERE id = $1 AND password_hash = $2 AND version = $3 AND NOT codes_on AND suspended_at IS NULL AND deactivated_at IS NULL
       AND EXISTS (SELECT 1 FROM signing_key WHERE kid = $4 AND state = 'signing')
     FOR NO KEY UPDATE),
   opened AS (
     INSERT INTO session (id, person_id, token_hash, device, version, expires_at)
     SELECT $5, id, $6, $7, $8, now() + make_interval(days => $9) FROM held),
   noted AS (
     INSERT INTO audit (id, what, who, about, client_address, user_agent, device, trace_id, details)
     SELECT $10, $11, $12::uuid, $13::uuid, $14, $15, $16, $17, $18 FROM held),
   forgotten AS (DELETE FROM sign_in_attempt WHERE key = $19 AND EXISTS (SELECT 1 FROM held))
   SELECT 1 FROM held`,
);

/** One statement, sent once: after a hash everything is cold, and each further way to the database and back is dear. */
export class UsualWayInStore {
  constructor(private readonly rows: Rows) {}

  /** Whether all is as it was: then all of it is written, else nothing. */
  async enter({ seen, session, days, entry, counted }: Entering): Promise<boolean> {
    const entered = await this.rows.query(ENTER, [
      seen.id, seen.passwordHash, seen.version, seen.signedWith,
      session.id, session.tokenHash, session.device ?? null, session.version, days,
      entry.id, entry.what, entry.who, entry.about, entry.clientAddress, entry.userAgent, entry.device, entry.traceId, JSON.stringify(entry.details),
      counted,
    ]);
    return entered.length > 0;
  }
}
