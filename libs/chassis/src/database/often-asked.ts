import { createHash } from 'node:crypto';

const names = new Map<string, string>();

/**
 * A constant text that is asked so often that each connection keeps it, read, and planned as often as PostgreSQL finds worth it: to read and plan a
 * statement that touches a few rows takes longer than to do it. Columns that it answers keep their types from one release to the next; a
 * pooler before the database has to know such statements. The name tells the text, so none is ever taken for another.
 */
export function oftenAsked(text: string): string {
  if (!names.has(text)) names.set(text, `often_${createHash('sha256').update(text).digest('hex').slice(0, 16)}`);
  return text;
}

export const nameOf = (text: string): string | undefined => names.get(text);
