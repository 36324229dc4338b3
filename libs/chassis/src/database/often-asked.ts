const names = new Map<string, string>();

/**
 * A constant text that is asked so often that each connection keeps it, read and planned: PostgreSQL takes longer to read and plan a
 * statement that touches a few rows than to do it. Columns that it answers keep their types from one release to the next.
 */
export function oftenAsked(text: string): string {
  if (!names.has(text)) names.set(text, `often_${names.size + 1}`);
  return text;
}

export const nameOf = (text: string): string | undefined => names.get(text);
