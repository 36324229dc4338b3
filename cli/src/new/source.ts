import { Fault } from '../fault.ts';

/** Edits of TypeScript text that is written in the house's shape. What has another shape is left alone, and said. */
export const unfamiliar = (what: string): Fault =>
  new Fault('new.unfamiliar', `There is no ${what}`, { hint: 'The generator knows the house’s shape only: add it by hand, as CONTRIBUTING.md shows.' });

const WIDTH = 150;

/** Adds names to what a file imports from a module. A name is written as in an import: `Api`, `type Caller`. */
export function addImport(text: string, source: string, names: readonly string[]): string {
  const found = new RegExp(`^import (type )?\\{([^}]*)\\} from '${escaped(source)}';$`, 'm').exec(text);
  if (!found) return insertImport(text, source, importLine(source, names));
  const present = found[2]!.split(',').map((name) => name.trim()).filter(Boolean);
  const marked = found[1] ? present.map((name) => `type ${name}`) : present;
  return text.replace(found[0], () => importLine(source, merged(marked, names)));
}

/** A value can stand where a type was asked for, not the other way round. */
function merged(present: readonly string[], wanted: readonly string[]): string[] {
  const names = [...present];
  for (const name of wanted) {
    const place = names.findIndex((other) => bare(other) === bare(name));
    if (place === -1) names.push(name);
    else if (!name.startsWith('type ')) names[place] = name;
  }
  return names;
}

const bare = (name: string): string => name.replace(/^type /, '');

function importLine(source: string, names: readonly string[]): string {
  const typesOnly = names.every((name) => name.startsWith('type '));
  const [keyword, listed] = typesOnly ? ['import type', names.map(bare)] : ['import', names];
  const line = `${keyword} { ${listed.join(', ')} } from '${source}';`;
  return line.length <= WIDTH ? line : `${keyword} {\n  ${listed.join(', ')},\n} from '${source}';`;
}

/** Packages stand before relative files, each in the order of the alphabet. */
function insertImport(text: string, source: string, line: string): string {
  const statements = [...text.matchAll(/^import [^;]*? from '([^']+)';\n/gm)];
  const rank = (from: string) => `${from.startsWith('.') ? 1 : 0}${from}`;
  const after = statements.findLast((statement) => rank(statement[1]!) < rank(source));
  const place = after ? after.index + after[0].length : (statements[0]?.index ?? 0);
  return `${text.slice(0, place)}${line}\n${text.slice(place)}`;
}

/** Puts a block of declarations before the line that begins so. */
export function insertBefore(text: string, beginning: string, block: string): string {
  const place = text.startsWith(beginning) ? 0 : text.indexOf(`\n${beginning}`) + 1;
  if (place === 0 && !text.startsWith(beginning)) throw unfamiliar(`line "${beginning}…"`);
  return `${text.slice(0, place)}${block}\n${text.slice(place)}`;
}

/** Puts lines at the end of the block that the line opens; the block ends where a line begins with its closing bracket. */
export function appendToBlock(text: string, opening: string, lines: string): string {
  const start = text.indexOf(opening);
  if (start === -1) throw unfamiliar(`"${opening}"`);
  const end = /^[})]/m.exec(text.slice(start));
  if (!end) throw unfamiliar(`end of "${opening}"`);
  const place = start + end.index;
  return `${text.slice(0, place)}${lines}${text.slice(place)}`;
}

/** Adds an entry to the list that follows the words, behind the last entry that fits, or at its end. */
export function addToList(text: string, words: string, entry: string, behind: RegExp = /$^/): string {
  const start = text.indexOf(`${words}[`);
  if (start === -1) throw unfamiliar(`list after "${words}"`);
  const [open, close] = [start + words.length + 1, text.indexOf(']', start + words.length)];
  const entries = text.slice(open, close).split(',').map((each) => each.trim()).filter(Boolean);
  const place = entries.findLastIndex((each) => behind.test(each));
  entries.splice(place === -1 ? entries.length : place + 1, 0, entry);
  return `${text.slice(0, open)}${entries.join(', ')}${text.slice(close)}`;
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
