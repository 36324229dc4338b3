import type { IncomingMessage, ServerResponse } from 'node:http';

const SENDABLE = 'authorization, last-event-id';
const READABLE = 'trace-id, retry-after';
const REMEMBERED_SECONDS = '600';

/** Lets the page that asks read the answer; its origin was admitted before. */
export function letRead({ headers: { origin } }: IncomingMessage, response: ServerResponse): void {
  response.setHeader('vary', 'origin');
  if (origin === undefined) return;
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('access-control-expose-headers', READABLE);
}

/** A browser asks beforehand whether a page may send these headers. */
export function answerPreflight(response: ServerResponse): void {
  response
    .writeHead(204, { 'access-control-allow-methods': 'GET', 'access-control-allow-headers': SENDABLE, 'access-control-max-age': REMEMBERED_SECONDS })
    .end();
}
