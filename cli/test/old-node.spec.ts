import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../src/project.ts';

const files = ['start.mjs', 'test.mjs', 'bin/prepare.mjs', 'bin/affected.mjs', 'bin/hand-over.mjs', 'bin/mela.mjs'];

/** What came after Node 18 and is easily reached for. */
const younger = /withResolvers|import\.meta\.(dirname|filename|resolve)|\.to(Sorted|Reversed|Spliced)\(|Array\.fromAsync|groupBy\(|styleText|parseEnv/;

const printed = (text: string, target: ts.ScriptTarget): string =>
  ts.transpileModule(text, { compilerOptions: { target, module: ts.ModuleKind.ESNext, allowJs: true } }).outputText;

describe('what runs before anything is installed', () => {
  it.each(files)('%s is plain JavaScript that Node 18 understands', (file) => {
    const text = readFileSync(join(projectRoot, 'cli', file), 'utf8');
    // Down-levelled to what Node 18 has, nothing changes.
    expect(printed(text, ts.ScriptTarget.ES2022)).toBe(printed(text, ts.ScriptTarget.ESNext));
    expect(text).not.toMatch(younger);
    const imported = [...text.matchAll(/^import .* from '([^']+)';$/gm)].map((match) => match[1]!);
    expect(imported.filter((name) => !name.startsWith('node:') && !name.startsWith('./'))).toEqual([]);
  });
});
