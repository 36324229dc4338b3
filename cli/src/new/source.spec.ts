import { describe, expect, it } from 'vitest';
import { addImport, addToList, appendToBlock, insertBefore } from './source.ts';

describe('an import', () => {
  const text = "import { Api, type Caller } from '@mela/bus';\nimport type { Post } from '@mela/contracts';\nimport { z } from './z.ts';\n\nrest";

  it('gains names and keeps those it has', () => {
    expect(addImport(text, '@mela/bus', ['Handles', 'type Caller'])).toContain("import { Api, type Caller, Handles } from '@mela/bus';");
  });

  it('of types alone becomes one of values when a value joins', () => {
    expect(addImport(text, '@mela/contracts', ['posts'])).toContain("import { type Post, posts } from '@mela/contracts';");
    expect(addImport(text, '@mela/contracts', ['type In'])).toContain("import type { Post, In } from '@mela/contracts';");
  });

  it('turns a type into a value where both are asked for, never back', () => {
    expect(addImport(text, '@mela/bus', ['Caller'])).toContain('{ Api, Caller }');
    expect(addImport(text, '@mela/bus', ['type Api'])).toBe(text);
  });

  it('that is new stands in the order of the alphabet, packages first', () => {
    const sources = (edited: string) => [...edited.matchAll(/from '(.+)'/g)].map((match) => match[1]);
    expect(sources(addImport(text, '@mela/chassis', ['Db']))).toEqual(['@mela/bus', '@mela/chassis', '@mela/contracts', './z.ts']);
    expect(sources(addImport(text, './a.ts', ['a']))).toEqual(['@mela/bus', '@mela/contracts', './a.ts', './z.ts']);
    expect(addImport('rest', 'zod', ['z'])).toBe("import { z } from 'zod';\nrest");
  });

  it('that grows too long is broken', () => {
    const names = Array.from({ length: 30 }, (_, n) => `name${n}`);
    expect(addImport('', 'zod', names)).toMatch(/^import \{\n {2}name0, .*,\n\} from 'zod';\n$/);
  });
});

describe('a place in a file', () => {
  it('at the end of a block is before its closing bracket', () => {
    expect(appendToBlock('class A {\n  one() {}\n}\n\nclass B {\n}\n', 'class A {', '  two() {}\n')).toBe('class A {\n  one() {}\n  two() {}\n}\n\nclass B {\n}\n');
  });

  it('before a line is before the line that begins so', () => {
    expect(insertBefore('one\ntwo\n', 'two', 'between')).toBe('one\nbetween\ntwo\n');
    expect(insertBefore('one\n', 'one', 'first')).toBe('first\none\n');
  });

  it('in a list is behind the last that fits, or at the end', () => {
    expect(addToList('all: X[] = [aService, gate];', 'all: X[] = ', 'bService', /Service$/)).toBe('all: X[] = [aService, bService, gate];');
    expect(addToList('of([a])', 'of(', 'b')).toBe('of([a, b])');
    expect(addToList('of([])', 'of(', 'b')).toBe('of([b])');
  });

  it.each([
    ['block', () => appendToBlock('', 'class A {', 'x')],
    ['line', () => insertBefore('one', 'two', 'x')],
    ['list', () => addToList('', 'of(', 'x')],
  ])('that is not there is said: a %s', (_what, edit) => {
    expect(edit).toThrow('There is no');
  });
});
