import type { Rows } from '@mela/testkit/chaos';
import { add } from './groups.ts';

type Row = Rows[string][number];

const known = new WeakMap<Rows, ReadonlyMap<string, ReadonlyMap<string, readonly Row[]>>>();

/**
 * The rows that say at least one of these words: of tens of thousands a few, so that not every command has to be held against
 * every row. What tells a command's effect from another's is in them, unless a service writes down nothing of what it was asked.
 */
export function nearby(rows: Rows, words: Iterable<string>): Rows {
  const tables = known.get(rows) ?? indexed(rows);
  const wanted = [...words];
  return Object.fromEntries([...tables].map(([table, byWord]) => [table, [...new Set(wanted.flatMap((word) => byWord.get(word) ?? []))]]));
}

function indexed(rows: Rows): ReadonlyMap<string, ReadonlyMap<string, readonly Row[]>> {
  const tables = new Map(
    Object.entries(rows).map(([table, all]) => {
      const byWord = new Map<string, Row[]>();
      for (const row of all) for (const word of wordsIn(row)) add(byWord, word, row);
      return [table, byWord] as const;
    }),
  );
  known.set(rows, tables);
  return tables;
}

/** Texts and numbers, however deep. Folded, as a service may fold what it is told. */
export function wordsIn(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value === 'string') found.add(value.trim().toLowerCase());
  else if (typeof value === 'number') found.add(String(value));
  else if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) wordsIn(inner, found);
  return found;
}
