import type { Rows } from '@mela/chassis';
import type { SetupStep } from '@mela/contracts';
import type { SetupState } from './setup.ts';

/** How far somebody has come stands with their profile, and is locked with it. */
export class SetupStore {
  constructor(private readonly rows: Rows) {}

  async find(personId: string): Promise<SetupState> {
    const [row] = await this.rows.query<SetupState>('SELECT steps_skipped AS skipped, completed_at AS "completedAt" FROM profile WHERE person_id = $1', [personId]);
    return row ?? { skipped: [], completedAt: null };
  }

  async skip(personId: string, step: SetupStep): Promise<void> {
    await this.rows.query('UPDATE profile SET steps_skipped = array_append(array_remove(steps_skipped, $2), $2) WHERE person_id = $1', [personId, step]);
  }

  async complete(personId: string): Promise<{ id: string; version: number; completedAt: Date }> {
    const [completed] = await this.rows.query<{ id: string; version: number; completedAt: Date }>(
      `UPDATE profile SET version = version + 1, completed_at = now() WHERE person_id = $1 RETURNING person_id AS id, version, completed_at AS "completedAt"`,
      [personId],
    );
    return completed!;
  }
}
