import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

// What the compiler refuses is part of the design, so it is tested like anything else. A fixture announces each error at
// the line it has to stand on: `// refused: 1241`. An error that nobody announced is a failure too, so the fixtures
// without announcements prove that what is right compiles.
const folder = join(import.meta.dirname, 'fixtures');
const fixtures = readdirSync(folder).filter((file) => file.endsWith('.ts'));

const program = ts.createProgram(
  fixtures.map((file) => join(folder, file)),
  {
    target: ts.ScriptTarget.ES2024,
    lib: ['lib.es2024.d.ts'],
    types: ['node'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    customConditions: ['source'],
    allowImportingTsExtensions: true,
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    skipLibCheck: true,
    noEmit: true,
  },
);

it.each(fixtures)('%s', (file) => {
  const source = program.getSourceFile(join(folder, file))!;
  const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
    ({ start, code }) => `line ${source.getLineAndCharacterOfPosition(start!).line + 1}: ${code}`,
  );
  const announced = readFileSync(source.fileName, 'utf8')
    .split('\n')
    .flatMap((line, index) => (/\/\/ refused: (.+)$/.exec(line)?.[1] ?? '').split(', ').filter(Boolean).map((code) => `line ${index + 1}: ${code}`));
  expect(found).toEqual(announced);
  expect(announced.length > 0, 'a fixture is named by what it shows').toBe(basename(file).startsWith('wrong-'));
});

it('the language itself compiles, so no fixture is refused for another reason', () => {
  expect(program.getGlobalDiagnostics().concat(program.getOptionsDiagnostics()).map(({ messageText }) => messageText)).toEqual([]);
});
