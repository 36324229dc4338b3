import type { Rows } from '@mela/chassis';
import type { PersonalRecord } from '@mela/contracts';
import { ANSWER_WITHIN_MINUTES, CHUNK_BYTES, KEPT_DAYS, type ExportState } from './export.ts';

const EXPORT = 'id, person_id AS "personId", expected, asked_at AS "askedAt", ready_at AS "readyAt", missing, bytes, version';

export class ExportStore {
  constructor(private readonly rows: Rows) {}

  async insert(id: string, personId: string, expected: readonly string[]): Promise<ExportState> {
    const [asked] = await this.rows.query<ExportState>(`INSERT INTO export (id, person_id, expected) VALUES ($1, $2, $3) RETURNING ${EXPORT}`, [id, personId, expected]);
    return asked!;
  }

  async lastOf(personId: string): Promise<Date | undefined> {
    const [last] = await this.rows.query<{ at: Date | null }>('SELECT max(asked_at) AS at FROM export WHERE person_id = $1', [personId]);
    return last?.at ?? undefined;
  }

  async find(id: string, personId: string): Promise<ExportState | undefined> {
    const [found] = await this.rows.query<ExportState>(`SELECT ${EXPORT} FROM export WHERE id = $1 AND person_id = $2`, [id, personId]);
    return found;
  }

  /** Held until the transaction ends. */
  async lock(id: string): Promise<ExportState | undefined> {
    const [found] = await this.rows.query<ExportState>(`SELECT ${EXPORT} FROM export WHERE id = $1 FOR UPDATE`, [id]);
    return found;
  }

  async add(id: string, { service, page, isLast, records }: { service: string; page: number; isLast: boolean; records: readonly PersonalRecord[] }): Promise<void> {
    await this.rows.query('DELETE FROM export_page WHERE export_id = $1 AND service = $2 AND page >= $3', [id, service, page]);
    await this.rows.query('INSERT INTO export_page (export_id, service, page, is_last, records) VALUES ($1, $2, $3, $4, $5)', [id, service, page, isLast, JSON.stringify(records)]);
  }

  /** Who has said all, and left no page out. */
  async answered(id: string): Promise<readonly string[]> {
    const rows = await this.rows.query<{ service: string }>(
      'SELECT service FROM export_page WHERE export_id = $1 GROUP BY service HAVING bool_or(is_last) AND count(*) = max(page) + 1 ORDER BY service', [id],
    );
    return rows.map(({ service }) => service);
  }

  async recordsOf(id: string, service: string): Promise<PersonalRecord[]> {
    const rows = await this.rows.query<{ records: PersonalRecord[] }>('SELECT records FROM export_page WHERE export_id = $1 AND service = $2 ORDER BY page', [id, service]);
    return rows.flatMap(({ records }) => records);
  }

  /** The archive takes the place of the pages. */
  async finish(id: string, archive: Buffer, missing: readonly string[]): Promise<ExportState> {
    for (let chunk = 0; chunk * CHUNK_BYTES < archive.length; chunk++)
      await this.rows.query('INSERT INTO export_chunk (export_id, chunk, bytes) VALUES ($1, $2, $3)', [id, chunk, archive.subarray(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES)]);
    await this.rows.query('DELETE FROM export_page WHERE export_id = $1', [id]);
    const [ready] = await this.rows.query<ExportState>(
      `UPDATE export SET ready_at = now(), missing = $2, bytes = $3, version = version + 1 WHERE id = $1 RETURNING ${EXPORT}`,
      [id, missing, archive.length],
    );
    return ready!;
  }

  /** To the end of the piece in which that byte lies. */
  async archiveFrom(id: string, from: number): Promise<Uint8Array | undefined> {
    const [found] = await this.rows.query<{ bytes: Buffer }>('SELECT bytes FROM export_chunk WHERE export_id = $1 AND chunk = $2', [id, Math.floor(from / CHUNK_BYTES)]);
    return found?.bytes.subarray(from % CHUNK_BYTES);
  }

  async overdue(): Promise<readonly string[]> {
    const rows = await this.rows.query<{ id: string }>('SELECT id FROM export WHERE ready_at IS NULL AND asked_at < now() - make_interval(mins => $1)', [ANSWER_WITHIN_MINUTES]);
    return rows.map(({ id }) => id);
  }

  async forgetExpired(): Promise<void> {
    await this.rows.query('DELETE FROM export WHERE ready_at < now() - make_interval(days => $1)', [KEPT_DAYS]);
  }
}
