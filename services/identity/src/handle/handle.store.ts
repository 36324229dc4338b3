import type { Rows } from '@mela/chassis';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { KEPT_DAYS } from './handle.ts';

@Entity('handle')
export class HandleRow {
  @PrimaryColumn('text')
  handle!: string;

  @Column('uuid', { name: 'person_id' })
  personId!: string;

  /** Null while it is in use. */
  @Column('timestamptz', { name: 'kept_until', nullable: true })
  keptUntil!: Date | null;
}

export class HandleStore {
  constructor(private readonly rows: Rows) {}

  /** Both at once and in their order: of two people who swap, neither waits for the other in a circle. */
  async lock(...handles: readonly (string | null)[]): Promise<void> {
    await this.rows.query('SELECT handle FROM handle WHERE handle = ANY($1) ORDER BY handle FOR UPDATE', [handles]);
  }

  /** What was kept for long enough is nobody's any more. */
  async giveUp(personId: string): Promise<void> {
    await this.rows.query('DELETE FROM handle WHERE person_id = $1 AND kept_until <= now()', [personId]);
    await this.rows.query('UPDATE handle SET kept_until = now() + make_interval(days => $2) WHERE person_id = $1 AND kept_until IS NULL', [personId, KEPT_DAYS]);
  }

  /** False where another person has it, or had it lately: of many at once the key lets one through. */
  async claim(personId: string, handle: string): Promise<boolean> {
    const claimed = await this.rows.query(
      `INSERT INTO handle (handle, person_id) VALUES ($1, $2)
       ON CONFLICT (handle) DO UPDATE SET person_id = excluded.person_id, kept_until = NULL
       WHERE handle.person_id = excluded.person_id OR handle.kept_until <= now()
       RETURNING handle`,
      [handle, personId],
    );
    return claimed.length > 0;
  }

  /** Whose it is now. */
  async ownerOf(handle: string): Promise<string | undefined> {
    const row = await this.rows.manager.findOneBy(HandleRow, { handle });
    return row?.keptUntil === null ? row.personId : undefined;
  }
}
