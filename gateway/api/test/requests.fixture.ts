import { expect } from 'vitest';
import type { Gateway } from './ground.fixture.ts';

/** How a gateway is asked that is there when the first test begins. */
export function asking(gateway: () => Gateway) {
  const at = (path: string) => `${gateway().address}/api/v1${path}`;
  const post = (path: string, body: string | Uint8Array<ArrayBuffer> | undefined, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
    fetch(at(path), { method: 'POST', headers, ...(body === undefined ? {} : { body }) });
  return { at, post };
}

/** What a refusal says, whoever it comes from: it names its trace, and nothing of what is inside. */
export async function problemOf(response: Response) {
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const text = await response.text();
  expect(text).not.toMatch(/ at .*\.[jt]s:\d+|node_modules/);
  const problem = JSON.parse(text);
  expect(problem.status).toBe(response.status);
  expect(problem.traceId).toBe(response.headers.get('trace-id'));
  return problem;
}
