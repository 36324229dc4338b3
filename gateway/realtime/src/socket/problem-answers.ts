import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { continueTrace, problem, PROBLEM, traceIdOf } from '@mela/bus';
import type { Refusal } from '@mela/contracts';

type Extra = Readonly<Record<string, string>>;

/** To a request that was never to become a socket. */
export function answerRequest(response: ServerResponse, refusal: Refusal, extra: Extra = {}): void {
  const { head, body } = written(refusal, response.req);
  response.writeHead(refusal.status, { ...head, ...extra }).end(body);
}

/** To one that was, while there is nothing but the bare connection; it ends with the answer. */
export function answerBare(socket: Duplex, refusal: Refusal, request?: IncomingMessage, extra: Extra = {}): void {
  const { head, body } = written(refusal, request);
  const lines = Object.entries({ ...head, ...extra, connection: 'close' }).map(([name, value]) => `${name}: ${value}`);
  socket.on('error', () => socket.destroy()).once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
}

function written(refusal: Refusal, request: IncomingMessage | undefined) {
  const traceparent = continueTrace(request?.headers['traceparent'] as string | undefined);
  const body = JSON.stringify(problem(refusal, traceparent));
  const head = { 'content-type': PROBLEM, 'content-length': String(Buffer.byteLength(body)), 'cache-control': 'no-store', 'trace-id': traceIdOf(traceparent) };
  return { head, body };
}
