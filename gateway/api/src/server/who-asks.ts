import type { IncomingMessage } from 'node:http';
import { acting, type Caller } from '@mela/bus';
import type { FastifyRequest } from 'fastify';

/** Of requests whose caller is known, and is not alone: an admin looks through their eyes. */
const impersonated = new WeakMap<IncomingMessage, Caller>();

export function noteCaller(request: FastifyRequest, caller: Caller | undefined): void {
  if (caller?.actor !== undefined) impersonated.set(request.raw, caller);
}

/** For lines that are written outside of the request's own context, and for that context itself. */
export function whoAsks({ raw }: FastifyRequest): Partial<ReturnType<typeof acting>> {
  const caller = impersonated.get(raw);
  return caller ? acting(caller) : {};
}
