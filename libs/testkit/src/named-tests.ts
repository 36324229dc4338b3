/** A test as a README names it. */
export interface NamedTest {
  readonly file: string;
  readonly title: string;
}

/** The rows of a chapter's table: what is said of each, and in the last column the tests that show it, as `file` › title. */
export function rowsNamingTests(readme: string, chapter: string): { readonly what: string; readonly tests: readonly NamedTest[] }[] {
  const text = readme.split(/^## /m).find((one) => one.startsWith(chapter)) ?? '';
  const rows = text.split('\n').filter((line) => line.startsWith('| ')).slice(2);
  return rows.map((row) => {
    const columns = row.slice(2, -2).split(' | ');
    const tests = columns.at(-1)!.split('<br>').map((named) => /^`(.+\.ts)` › (.+)$/.exec(named.trim()) ?? ['', '', named]);
    return { what: columns[0]!, tests: tests.map(([, file, title]) => ({ file: file!, title: title! })) };
  });
}

/** The titles of the tests that run: behind `it(`, `it.each(ways)(`, or the end of a longer list. */
export const titlesOfTests = (source: string): string[] =>
  [...source.matchAll(/^ *(?:it|it\.each(?:<.*>)?\(.*\)|\]\))\(\s*'([^']+)'/gm)].map(([, title]) => title!);
