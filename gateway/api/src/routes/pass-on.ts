import { header, type Reply } from '@mela/bus';
import type { Operation } from '@mela/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { explainStatus } from '../answers/problem-answer.ts';
import { entityTag, heldTag } from '../reads/entity-tag.ts';

interface Answered {
  readonly answer: Reply;
  /** The stream's position before the request was sent; undefined when it is no read. */
  readonly cursor: string | undefined;
}

/** A service's answer to the client: the status it says, the bytes it gave, and of its headers those that are meant for clients. */
export function passOn(operation: Operation, request: FastifyRequest, reply: FastifyReply, { answer, cursor }: Answered): FastifyReply {
  const { status, headers, body } = answer;
  reply.code(status).header('content-type', headers.get('content-type') ?? 'application/json');
  const retryAfter = headers.get(header.retryAfter);
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter);
  if (headers.get(header.replayed) !== undefined) reply.header('idempotency-replayed', 'true');
  explainStatus(reply, status);
  if (status !== 200 || operation.http!.method !== 'GET') return reply.header('cache-control', 'no-store').send(body);

  // What a service read from a replica or a projection is as old as that says it is.
  const position = headers.get(header.cursor) ?? cursor;
  if (position !== undefined) reply.header('mela-cursor', position);
  const tag = entityTag(body);
  const held = heldTag(request.headers['if-none-match'], tag);
  reply.header('cache-control', cachingOf(operation)).header('etag', held ?? tag);
  return held === undefined ? reply.send(body) : reply.code(304).removeHeader('content-type').send();
}

/** What the world expects at a fixed place is the same for everybody; all else is the caller's own. */
const cachingOf = ({ access, http }: Operation): string =>
  access.rule === 'anyone' && http!.path.startsWith('/.well-known/') ? 'public, max-age=300' : 'private, no-cache';
