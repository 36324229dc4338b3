import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const TEST = import.meta.dirname;
const CHAPTER = 'What can go wrong, and the test that shows what happens then';

interface Named {
  readonly file: string;
  readonly title: string;
}

/** The rows of the chapter's table: what goes wrong, and the tests named for it. */
function rowsOf(readme: string): { readonly what: string; readonly tests: readonly Named[] }[] {
  const chapter = readme.split(/^## /m).find((text) => text.startsWith(CHAPTER)) ?? '';
  const rows = chapter.split('\n').filter((line) => line.startsWith('| ')).slice(2);
  return rows.map((row) => {
    const [what, , shownBy] = row.slice(2, -2).split(' | ');
    const tests = shownBy!.split('<br>').map((named) => /^`(.+\.ts)` › (.+)$/.exec(named.trim()) ?? ['', '', named]);
    return { what: what!, tests: tests.map(([, file, title]) => ({ file: file!, title: title! })) };
  });
}

/** The titles of the tests that run: behind `it(`, `it.each(ways)(`, or the end of a longer list. */
const titlesIn = (source: string): string[] => [...source.matchAll(/^ *(?:it|it\.each\(.*\)|\]\))\('([^']+)', /gm)].map(([, title]) => title!);

describe('the table of what can go wrong', async () => {
  const rows = rowsOf(await readFile(join(TEST, '../README.md'), 'utf8'));

  it('is there', () => {
    expect(rows.length).toBeGreaterThan(15);
  });

  it.each(rows)('names tests that exist: $what', async ({ tests }) => {
    for (const { file, title } of tests) {
      const source = await readFile(join(TEST, file), 'utf8');
      expect(titlesIn(source), file).toContain(title);
    }
  });

  it('would be found out by a title that is gone, or whose test is skipped', () => {
    const source = [`  it('hears what happens', async () => {`, `  it.each(ways)('resumes by %s', async (way) => {`, `  ])('ends when %s', async (why) => {`, `  it.skip('sleeps', () => {`];
    expect(titlesIn(source.join('\n'))).toEqual(['hears what happens', 'resumes by %s', 'ends when %s']);
  });
});
