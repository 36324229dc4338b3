import { parseEnv } from 'node:util';

/** `NAME=value` lines that this and a shell (`set -a; . file`) read alike. */
export function writeEnv(values: Readonly<Record<string, string | undefined>>, heading: string): string {
  const lines = Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${quoted(value)}`]));
  return `# ${heading}\n${lines.join('\n')}\n`;
}

/** An empty value is none: copied from `.env.example`, such a line is one that nobody filled in. */
export function readEnv(text: string | undefined): Record<string, string> {
  const read = Object.entries(parseEnv(text ?? ''));
  return Object.fromEntries(read.filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== ''));
}

function quoted(value: string): string {
  if (/[\r\n']/.test(value)) throw new Error('A setting with a line break or a quote cannot stand in an environment file');
  return /^[\w.:/@%+,=-]*$/.test(value) ? value : `'${value}'`;
}
