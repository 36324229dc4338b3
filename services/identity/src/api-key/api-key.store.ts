import { exactInstant, type KeysetPosition, type Rows } from '@mela/chassis';
import type { ApiKeyState, KnownSecret } from './api-key.ts';

export interface NewApiKey {
  readonly id: string;
  readonly personId: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly days: number | null;
}

export interface NewSecret {
  readonly id: string;
  readonly keyId: string;
  readonly prefix: string;
  readonly hash: Buffer;
}

export interface EndedKey {
  readonly id: string;
  readonly personId: string;
  readonly version: number;
}

/** How exactly it is kept when a key was used, or refused: a busy one is not written all the time. */
const COARSE = `interval '1 minute'`;
/** Keys and secrets that have ended can be looked at for as long. */
const KEPT = `interval '30 days'`;

const IS_ALIVE = 'revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())';

const KEY = `api_key.id, person_id AS "personId", name, scopes, api_key.created_at AS "createdAt", expires_at AS "expiresAt", revoked_at AS "revokedAt", version,
  shown.prefix, (SELECT max(last_used_at) FROM api_key_secret WHERE key_id = api_key.id) AS "lastUsedAt",
  before.prefix AS "previousPrefix", before.ends_at AS "previousEndsAt", before.last_used_at AS "previousUsedAt", clock_timestamp() AS at`;
const SECRETS = `JOIN api_key_secret shown ON shown.key_id = api_key.id AND shown.ends_at IS NULL
  LEFT JOIN api_key_secret before ON before.key_id = api_key.id AND before.ends_at > clock_timestamp()`;

export class ApiKeyStore {
  constructor(private readonly rows: Rows) {}

  async insert({ id, personId, name, scopes, days }: NewApiKey): Promise<void> {
    await this.rows.query(
      `INSERT INTO api_key (id, person_id, name, scopes, expires_at) VALUES ($1, $2, $3, $4, now() + make_interval(days => $5))`,
      [id, personId, name, scopes, days],
    );
  }

  async insertSecret({ id, keyId, prefix, hash }: NewSecret): Promise<void> {
    await this.rows.query('INSERT INTO api_key_secret (id, key_id, prefix, hash) VALUES ($1, $2, $3, $4)', [id, keyId, prefix, hash]);
  }

  async find(personId: string, id: string): Promise<ApiKeyState | undefined> {
    const [key] = await this.rows.query<ApiKeyState>(`SELECT ${KEY} FROM api_key ${SECRETS} WHERE person_id = $1 AND api_key.id = $2`, [personId, id]);
    return key;
  }

  /** Held until the transaction ends, and looked at after whoever held it before. */
  async lock(personId: string, id: string): Promise<ApiKeyState | undefined> {
    await this.rows.query('SELECT 1 FROM api_key WHERE person_id = $1 AND id = $2 FOR UPDATE', [personId, id]);
    return this.find(personId, id);
  }

  /** Newest first, strictly behind the position. */
  newestOf(personId: string, behind: KeysetPosition | undefined, rows: number): Promise<(ApiKeyState & { exactAt: string })[]> {
    const [at, id] = behind ?? ['infinity', null];
    return this.rows.query(
      `SELECT ${KEY}, ${exactInstant('api_key.created_at')} AS "exactAt" FROM api_key ${SECRETS}
       WHERE person_id = $1 AND (api_key.created_at, api_key.id) < ($2::timestamptz, $3::uuid) ORDER BY api_key.created_at DESC, api_key.id DESC LIMIT $4`,
      [personId, at, id, rows],
    );
  }

  async countAlive(personId: string): Promise<number> {
    const [counted] = await this.rows.query<{ alive: number }>(`SELECT count(*)::int AS alive FROM api_key WHERE person_id = $1 AND ${IS_ALIVE}`, [personId]);
    return counted!.alive;
  }

  /** One of a person's, or all of them. Answers those that were alive. */
  async revoke(personId: string, only?: string): Promise<readonly EndedKey[]> {
    return this.rows.query<EndedKey>(
      `UPDATE api_key SET revoked_at = clock_timestamp(), version = version + 1 WHERE person_id = $1 AND id = coalesce($2, id) AND ${IS_ALIVE}
       RETURNING id, person_id AS "personId", version`,
      [personId, only ?? null],
    );
  }

  /** Those that a token may have been given for that is good yet. */
  async secretsAlive(keyIds: readonly string[]): Promise<readonly string[]> {
    const alive = await this.rows.query<{ id: string }>('SELECT id FROM api_key_secret WHERE key_id = ANY($1) AND (ends_at IS NULL OR ends_at > clock_timestamp())', [keyIds]);
    return alive.map(({ id }) => id);
  }

  async say(id: string): Promise<number> {
    const [said] = await this.rows.query<{ version: number }>('UPDATE api_key SET version = version + 1 WHERE id = $1 RETURNING version', [id]);
    return said!.version;
  }

  /** What was shown before works for so long yet. */
  async endSecrets(keyId: string, minutes: number): Promise<void> {
    await this.rows.query(
      `UPDATE api_key_secret SET ends_at = least(ends_at, clock_timestamp() + make_interval(mins => $2)) WHERE key_id = $1 AND (ends_at IS NULL OR ends_at > clock_timestamp())`,
      [keyId, minutes],
    );
  }

  async known(prefix: string): Promise<KnownSecret | undefined> {
    const [known] = await this.rows.query<KnownSecret>(
      `SELECT secret.id, key_id AS "keyId", person_id AS "personId", scopes, hash, least(ends_at, expires_at) AS "endsAt", revoked_at IS NOT NULL AS "isRevoked",
         suspended_at IS NOT NULL OR deactivated_at IS NOT NULL AS "isOwnerAway", clock_timestamp() AS at
       FROM api_key_secret secret JOIN api_key ON api_key.id = key_id JOIN person ON person.id = person_id WHERE prefix = $1`,
      [prefix],
    );
    return known;
  }

  async noteUse(id: string): Promise<void> {
    await this.rows.query(`UPDATE api_key_secret SET last_used_at = now() WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - ${COARSE})`, [id]);
  }

  /** False where that was noted a moment ago. */
  async noteRefusal(id: string): Promise<boolean> {
    const noted = await this.rows.query(
      `UPDATE api_key_secret SET last_refused_at = now() WHERE id = $1 AND (last_refused_at IS NULL OR last_refused_at < now() - ${COARSE}) RETURNING id`, [id]);
    return noted.length > 0;
  }

  async forgetEnded(): Promise<void> {
    await this.rows.query(`DELETE FROM api_key WHERE least(revoked_at, expires_at) < now() - ${KEPT}`);
    await this.rows.query(`DELETE FROM api_key_secret WHERE ends_at < now() - ${KEPT}`);
  }
}
