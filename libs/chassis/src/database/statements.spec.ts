import { describe, expect, it } from 'vitest';
import { withoutValues } from './statements.ts';

describe('a statement, as a trace tells it', () => {
  it.each([
    ['keeps its names and its parameters', 'SELECT "a 1"."b""c" FROM t2 WHERE id = $1 AND x = $12', 'SELECT "a 1"."b""c" FROM t2 WHERE id = $1 AND x = $12'],
    ['is one line', 'SELECT\n    a,\n    b', 'SELECT a, b'],
    ['holds no string', `SELECT 'asha@example.org', 'it''s "mine"', E'it\\'s "mine"'`, 'SELECT ?, ?, ?'],
    ['holds no dollar-quoted string', 'SELECT $$ a $$, $tag$ $$ b $$ $tag$, $1', 'SELECT ?, ?, $1'],
    ['holds no number', 'SELECT 1, -2.5, 1e5, 0x1F, col3 LIMIT 50', 'SELECT ?, -?, ?, ?, col3 LIMIT ?'],
    ['holds no comment', 'SELECT /* for asha */ a -- of ravi\nFROM t', 'SELECT ? a ? FROM t'],
    ['hides the rest of what does not end', `INSERT INTO t VALUES ('asha`, 'INSERT INTO t VALUES (?'],
  ])('%s', (_what, text, told) => expect(withoutValues(text)).toBe(told));
});
