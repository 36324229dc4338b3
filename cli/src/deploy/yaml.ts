export type Yaml = string | number | boolean | readonly Yaml[] | { readonly [key: string]: Yaml | undefined };

/** The little YAML that a compose file needs: block maps and lists, in the order given; what is undefined is left out. */
export function yaml(value: Yaml, indent = ''): string {
  if (Array.isArray(value)) return value.map((item: Yaml) => `${indent}- ${inline(item, `${indent}  `)}`).join('');
  return entriesOf(value)
    .map(([key, item]) => `${indent}${scalar(key)}:${isScalar(item) ? ` ${scalar(item)}\n` : isEmpty(item) ? ' {}\n' : `\n${yaml(item, `${indent}  `)}`}`)
    .join('');
}

/** The first line of a map stands behind its dash. */
const inline = (item: Yaml, indent: string): string => (isScalar(item) ? `${scalar(item)}\n` : yaml(item, indent).slice(indent.length));

const entriesOf = (value: Yaml): [string, Yaml][] => Object.entries(value).filter((entry): entry is [string, Yaml] => entry[1] !== undefined);

const isScalar = (value: Yaml): value is string | number | boolean => typeof value !== 'object';
const isEmpty = (value: Yaml): boolean => entriesOf(value).length === 0;

/** Words that YAML takes for something else than text. */
const meansMore = /^(true|false|yes|no|on|off|null|y|n)$/i;

function scalar(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value);
  return /^[A-Za-z./_](?:[\w ./=+@-]|:(?! |$))*$/.test(value) && !value.endsWith(' ') && !meansMore.test(value) ? value : JSON.stringify(value);
}
