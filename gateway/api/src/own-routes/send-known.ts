import type { FastifyReply, FastifyRequest } from 'fastify';
import { entityTag, heldTag } from '../reads/entity-tag.ts';

interface Known {
  readonly body: Uint8Array;
  readonly type?: string;
  /** The same, compressed beforehand where each time would cost too much. */
  readonly brotli?: Uint8Array;
}

/** What is the same for everybody: asked for again each time, and sent again only when it is another. */
export function sendKnown({ headers }: FastifyRequest, reply: FastifyReply, { body, type = 'application/json', brotli }: Known): void {
  const tag = entityTag(body);
  const held = heldTag(headers['if-none-match'], tag);
  reply.header('cache-control', 'no-cache').header('etag', held ?? tag);
  if (brotli) reply.header('vary', 'accept-encoding');
  if (held !== undefined) void reply.code(304).send();
  else if (brotli && /\bbr\b/.test(String(headers['accept-encoding']))) void reply.header('content-type', type).header('content-encoding', 'br').send(brotli);
  else void reply.header('content-type', type).send(body);
}
