import { beginSpan, currentContext, during, fact } from '@mela/bus';
import { LRUCache } from 'lru-cache';
import type { DataSource } from 'typeorm';

/** Each statement is a step of the trace that it belongs to, whether a store wrote it or TypeORM did. */
export function traceStatements(source: DataSource): DataSource {
  const create = source.createQueryRunner.bind(source);
  source.createQueryRunner = (mode) => {
    const runner = create(mode);
    const query = runner.query.bind(runner) as (text: string, parameters?: unknown[], structured?: boolean) => Promise<any>;
    runner.query = (text: string, parameters?: unknown[], structured?: boolean) => statement(text, () => query(text, parameters, structured));
    return runner;
  };
  return source;
}

/** Its text without values. Parameters are told nowhere. */
export function statement<R>(text: string, run: () => Promise<R>): Promise<R> {
  const span = beginSpan('sql', 'SQL', currentContext()?.traceparent);
  if (!span) return run();
  const { verb, words } = wordsOf(text);
  return during(span.called(verb).note({ [fact.database]: 'postgresql', [fact.statement]: words }), run);
}

interface Words {
  readonly verb: string;
  readonly words: string;
}

// Statements are few and come again and again; those that TypeORM makes for lists of each length are forgotten in time.
const known = new LRUCache<string, Words>({ max: 1_000 });
const LONGEST = 1_000;

function wordsOf(text: string): Words {
  const before = known.get(text);
  if (before) return before;
  const words = withoutValues(text).slice(0, LONGEST);
  const found = { verb: /^\w+/.exec(words)?.[0].toUpperCase() ?? 'SQL', words };
  known.set(text, found);
  return found;
}

/**
 * Ours are written with parameters, and still a literal may stand in one, from a constant or a hurried hand. One that does not end
 * where it should takes the rest with it. Names in quotes stay.
 */
const TOKENS = [
  /"(?:""|[^"])*"/,
  /\be'(?:\\.|''|[^'\\])*(?:'|$)/,
  /'(?:''|[^'])*(?:'|$)/,
  /\$((?:[a-z_]\w*)?)\$[\s\S]*?(?:\$\1\$|$)/,
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/,
  /(?<![\w$.])\d\w*(?:\.\w+)?/,
];
const TOKEN = new RegExp(TOKENS.map(({ source }) => source).join('|'), 'gi');

export const withoutValues = (text: string): string =>
  text.replaceAll(TOKEN, (token) => (token.startsWith('"') ? token : '?')).replaceAll(/\s+/g, ' ').trim();
