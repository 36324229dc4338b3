import { hash } from 'node:crypto';
import type { FastifyReply } from 'fastify';

/** A strong tag: equal bytes, equal tag. */
export const entityTag = (body: Uint8Array): string => `"${hash('sha256', body, 'base64url').slice(0, 22)}"`;

const CODING = /-(?:br|gzip)"$/;

/** Compressed bytes are another representation, and a strong tag may not name two. */
export function tagCoding(reply: FastifyReply): void {
  const coding = reply.getHeader('content-encoding');
  const tag = reply.getHeader('etag');
  if (typeof coding === 'string' && typeof tag === 'string') reply.header('etag', `${tag.slice(0, -1)}-${coding}"`);
}

/** The client's own tag that names these bytes, in whatever coding it has them. */
export function heldTag(ifNoneMatch: string | undefined, tag: string): string | undefined {
  if (ifNoneMatch === undefined) return undefined;
  if (ifNoneMatch.trim() === '*') return tag;
  const held = ifNoneMatch.split(',').map((one) => one.trim().replace(/^W\//, ''));
  return held.find((one) => one.replace(CODING, '"') === tag);
}
