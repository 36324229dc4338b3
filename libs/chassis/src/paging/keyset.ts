import { BadCursor, type Refusal } from '@mela/contracts';
import { z } from 'zod';

// ISO 8601 has a year 0, PostgreSQL has none: forged, it would be a broken query.
const Key = z.tuple([z.iso.datetime({ precision: 6 }).refine((at) => !at.startsWith('0000')), z.uuid()]);

/** Where a newest-first list was left off: exact to the microsecond, as PostgreSQL keeps it. */
export type KeysetPosition = readonly [at: string, id: string];

/** PostgreSQL keeps microseconds, JavaScript's dates do not: a key that lost them would repeat or skip rows. */
export const exactInstant = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

export const encodeKeyset = (position: KeysetPosition): string => Buffer.from(JSON.stringify(position)).toString('base64url');

export const decodeKeyset = (cursor: string | undefined): KeysetPosition | undefined | Refusal => decodeKey(cursor, Key);

/** The same for a list in the order of another key. */
export function decodeKey<K>(cursor: string | undefined, key: z.ZodType<K>): K | undefined | Refusal {
  if (cursor === undefined) return undefined;
  try {
    return key.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch {
    return BadCursor();
  }
}

const PAGE_BYTES = 512 * 1024;

/** Given one row more than the page holds, says whether there is a next page and where it begins. */
export function pageOfRows<Row, Item>(
  rows: readonly Row[],
  limit: number,
  shape: { key: (row: Row) => KeysetPosition; item: (row: Row) => Item },
): { items: Item[]; next: string | null } {
  const items: Item[] = [];
  let bytes = 0;
  for (const row of rows.slice(0, limit)) {
    const item = shape.item(row);
    bytes += Buffer.byteLength(JSON.stringify(item));
    // The bus carries a megabyte: a page of long items ends early, and the next one begins there.
    if (bytes > PAGE_BYTES && items.length > 0) break;
    items.push(item);
  }
  const last = items.length < rows.length ? rows[items.length - 1] : undefined;
  return { items, next: last === undefined ? null : encodeKeyset(shape.key(last)) };
}
