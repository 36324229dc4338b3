import type { Rows } from '@mela/chassis';
import type { Profile } from '@mela/contracts';
import type { ProfileState } from './profile.ts';

type FlatProfile = Omit<ProfileState, 'visibility'> & { readonly bioSeenBy: SeenBy; readonly avatarSeenBy: SeenBy; readonly emailSeenBy: SeenBy };
type SeenBy = Profile['visibility']['bio'];

/** Whoever has no row has changed nothing yet. */
const PROFILE = `SELECT person.id AS "personId", coalesce(profile.version, 0) AS version, name, handle, bio, avatar, locale, time_zone AS "timeZone", units, theme,
    coalesce(bio_seen_by, 'everyone') AS "bioSeenBy", coalesce(avatar_seen_by, 'everyone') AS "avatarSeenBy", coalesce(email_seen_by, 'nobody') AS "emailSeenBy",
    coalesce(handles_given_up, '{}') AS "handlesGivenUp"
  FROM person LEFT JOIN profile ON profile.person_id = person.id LEFT JOIN handle ON handle.person_id = person.id AND kept_until IS NULL`;

export class ProfileStore {
  constructor(private readonly rows: Rows) {}

  async find(personId: string): Promise<ProfileState | undefined> {
    return (await this.read('person.id = ANY($1)', [personId]))[0];
  }

  /** Of those who have not closed their account. */
  findAllOpen(personIds: readonly string[]): Promise<ProfileState[]> {
    return this.read('person.id = ANY($1) AND deactivated_at IS NULL', personIds);
  }

  private async read(condition: string, personIds: readonly string[]): Promise<ProfileState[]> {
    const rows = await this.rows.query<FlatProfile>(`${PROFILE} WHERE ${condition}`, [personIds]);
    return rows.map(({ bioSeenBy, avatarSeenBy, emailSeenBy, ...profile }) => ({ ...profile, visibility: { bio: bioSeenBy, avatar: avatarSeenBy, email: emailSeenBy } }));
  }

  /** Held until the transaction ends. Read after the lock was had: a joined row would be of before. */
  async lock(personId: string): Promise<ProfileState | undefined> {
    await this.rows.query('INSERT INTO profile (person_id) SELECT id FROM person WHERE id = $1 ON CONFLICT (person_id) DO NOTHING', [personId]);
    await this.rows.query('SELECT version FROM profile WHERE person_id = $1 FOR UPDATE', [personId]);
    return this.find(personId);
  }

  /** Nothing of it changes, and it is another for all that: what is seen of the person has changed. The person is held. */
  async renew(personId: string): Promise<{ id: string; version: number }> {
    const [renewed] = await this.rows.query<{ id: string; version: number }>(
      `INSERT INTO profile (person_id, version) VALUES ($1, 1)
       ON CONFLICT (person_id) DO UPDATE SET version = profile.version + 1 RETURNING person_id AS id, version`,
      [personId],
    );
    return renewed!;
  }

  /** All but the handle, which has rows of its own. */
  async change({ personId, name, bio, avatar, locale, timeZone, units, theme, visibility, handlesGivenUp }: ProfileState): Promise<{ id: string; version: number }> {
    await this.rows.query('UPDATE person SET name = $2 WHERE id = $1 AND name <> $2', [personId, name]);
    const [changed] = await this.rows.query<{ version: number }>(
      `UPDATE profile SET version = version + 1, bio = $2, avatar = $3, locale = $4, time_zone = $5, units = $6, theme = $7,
              bio_seen_by = $8, avatar_seen_by = $9, email_seen_by = $10, handles_given_up = $11
       WHERE person_id = $1 RETURNING version`,
      [personId, bio, avatar, locale, timeZone, units, theme, visibility.bio, visibility.avatar, visibility.email, handlesGivenUp],
    );
    return { id: personId, version: changed!.version };
  }
}
