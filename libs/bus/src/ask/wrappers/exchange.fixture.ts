import { anyone, query } from '@mela/contracts';
import { service } from '@mela/contracts';
import { z } from 'zod';
import type { Exchange } from '../exchange.ts';

const contract = service('echo', {
  say: query({ summary: 'Says it back', access: anyone, input: z.object({ text: z.string(), times: z.coerce.number().int().max(3).default(1) }), output: z.object({ text: z.string() }) }),
});

/** A request as the wrappers' specs need it. */
export function exchangeOf(given: { body?: unknown; headers?: Record<string, string> } = {}): Exchange {
  const body = given.body === undefined ? new Uint8Array() : new TextEncoder().encode(JSON.stringify(given.body));
  return { operation: contract.say, body, headers: (name) => given.headers?.[name], replyHeaders: new Map() };
}

export const quiet = { debug() {}, info() {}, warn() {}, error() {} };
