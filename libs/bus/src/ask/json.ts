import { DoubledField, InvalidInput, MalformedBody, type Refusal } from '@mela/contracts';
import { parseTree, printParseErrorCode, type ParseError } from 'jsonc-parser';
import secure from 'secure-json-parse';

const MAX_DEPTH = 32;
const decoder = new TextDecoder('utf-8', { fatal: true });
const encoder = new TextEncoder();

export const encodeJson = (value: unknown): Uint8Array => encoder.encode(JSON.stringify(value));

/** A body as an object, or the refusal that names its fault. No bytes at all are an empty object. */
export function parseBody(bytes: Uint8Array): { value: Record<string, unknown> } | Refusal {
  if (bytes.length === 0) return { value: {} };
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return MalformedBody('It is not UTF-8 text');
  }
  if (deeperThan(MAX_DEPTH, text)) return InvalidInput(`It is nested deeper than ${MAX_DEPTH} levels`);
  let value: unknown;
  try {
    value = secure.parse(text, { protoAction: 'error', constructorAction: 'error' });
  } catch {
    return explain(text);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return InvalidInput('The body is to be a JSON object');
  return { value: value as Record<string, unknown> };
}

/** Parameters and body as one input. A name in both is refused, so that a body never overrides the path. */
export function joinInput(
  body: Record<string, unknown>,
  params: Record<string, unknown>,
): { value: Record<string, unknown> } | Refusal {
  const twice = Object.keys(params).filter((name) => Object.hasOwn(body, name));
  if (twice.length > 0) return DoubledField(`Given in the path or query, and again in the body: ${twice.join(', ')}`, { fields: twice });
  return { value: { ...body, ...params } };
}

/** V8 names a position for some faults only, so a second parser looks again, on this path alone. */
function explain(text: string): Refusal {
  const errors: ParseError[] = [];
  parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  const first = errors[0];
  if (!first) return InvalidInput('A field is named __proto__ or constructor.prototype');
  const before = text.slice(0, first.offset);
  const line = before.split('\n').length;
  const column = first.offset - before.lastIndexOf('\n');
  const what = printParseErrorCode(first.error).replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return MalformedBody(`At position ${first.offset} (line ${line}, column ${column}): ${what}`, { position: first.offset, line, column });
}

/** Counted before parsing: a deep body costs the parser far more than it costs its sender. */
function deeperThan(limit: number, text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (inString) {
      if (char === 92) at++;
      else if (char === 34) inString = false;
    } else if (char === 34) inString = true;
    else if (char === 123 || char === 91) {
      if (++depth > limit) return true;
    } else if (char === 125 || char === 93) depth--;
  }
  return false;
}
