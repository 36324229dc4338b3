import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { continueTrace, encodeJson, problem, PROBLEM, traceIdOf } from '@mela/bus';
import type { Refusal } from '@mela/contracts';
import { HeadersTooLarge, MalformedRequest, SlowRequest } from './refusals.ts';

/** What never became a request is answered on the bare socket. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable) socket.write(rawProblem(refusalOf(error.code)));
  socket.destroy(error);
}

function refusalOf(code: string | undefined): Refusal {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return SlowRequest();
  if (code === 'HPE_HEADER_OVERFLOW') return HeadersTooLarge();
  return MalformedRequest();
}

function rawProblem(refusal: Refusal): Buffer {
  const traceparent = continueTrace(undefined);
  const body = encodeJson(problem(refusal, traceparent));
  const head = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`,
    `Content-Type: ${PROBLEM}`,
    `Content-Length: ${body.length}`,
    `Trace-Id: ${traceIdOf(traceparent)}`,
    'Connection: close',
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
}
