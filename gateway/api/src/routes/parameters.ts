import { DoubledField, type Refusal } from '@mela/contracts';
import { MalformedUrl } from '../answers/refusals.ts';

export type Parameters = Readonly<Record<string, string>>;

/**
 * Path and query as one object of strings. Each name once: what is given twice is refused, since two readers of one
 * request must never see two values.
 */
export function readParameters(path: Parameters, query: string): { value: Parameters } | Refusal {
  const pairs = readQuery(query);
  if (!pairs) return MalformedUrl('The query holds a % that begins no encoded character');
  // Without a prototype, so that a parameter named __proto__ is one like any other.
  const value: Record<string, string> = Object.assign(Object.create(null), path);
  const twice = new Set<string>();
  for (const [name, text] of pairs) {
    if (Object.hasOwn(value, name)) twice.add(name);
    value[name] = text;
  }
  if (twice.size > 0) return DoubledField(`Given twice in the path or query: ${[...twice].join(', ')}`, { fields: [...twice] });
  return { value };
}

function readQuery(query: string): [string, string][] | undefined {
  try {
    return query.split('&').filter(Boolean).map((pair) => {
      const equals = pair.indexOf('=');
      return equals < 0 ? [decode(pair), ''] : [decode(pair.slice(0, equals)), decode(pair.slice(equals + 1))];
    });
  } catch {
    return undefined;
  }
}

const decode = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '));
