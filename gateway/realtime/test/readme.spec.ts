import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rowsNamingTests, titlesOfTests } from '@mela/testkit';
import { describe, expect, it } from 'vitest';

const TEST = import.meta.dirname;
const CHAPTER = 'What can go wrong, and the test that shows what happens then';

describe('the table of what can go wrong', async () => {
  const rows = rowsNamingTests(await readFile(join(TEST, '../README.md'), 'utf8'), CHAPTER);

  it('is there', () => {
    expect(rows.length).toBeGreaterThan(15);
  });

  it.each(rows)('names tests that exist: $what', async ({ tests }) => {
    for (const { file, title } of tests) {
      const source = await readFile(join(TEST, file), 'utf8');
      expect(titlesOfTests(source), file).toContain(title);
    }
  });

  it('would be found out by a title that is gone, or whose test is skipped', () => {
    const source = [`  it('hears what happens', async () => {`, `  it.each(ways)('resumes by %s', async (way) => {`, `  ])('ends when %s', async (why) => {`, `  it.each<[string]>([['x']])(\n    'begins on its own line',`, `  it.skip('sleeps', () => {`];
    expect(titlesOfTests(source.join('\n'))).toEqual(['hears what happens', 'resumes by %s', 'ends when %s', 'begins on its own line']);
  });
});
