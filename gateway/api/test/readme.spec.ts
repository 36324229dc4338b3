import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rowsNamingTests, titlesOfTests } from '@mela/testkit';
import { describe, expect, it } from 'vitest';

const PROJECT = join(import.meta.dirname, '../../..');
const CHAPTER = 'What is tried at signing in, and the test that shows what it gets';

describe('the table of what is tried at signing in', async () => {
  const rows = rowsNamingTests(await readFile(join(import.meta.dirname, '../README.md'), 'utf8'), CHAPTER);

  it('is there', () => {
    expect(rows.length).toBeGreaterThan(20);
  });

  it.each(rows)('names tests that send their requests through a gateway: $what', async ({ tests }) => {
    for (const { file, title } of tests) {
      const source = await readFile(join(PROJECT, file), 'utf8');
      expect(titlesOfTests(source), file).toContain(title);
      expect(source, file).toMatch(/openWorld\(\)|new MelaProcess\(|ground\.gateway\(\)/);
    }
  });
});
