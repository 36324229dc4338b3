import type { IncomingMessage } from 'node:http';
import { acting, type Caller } from '@mela/bus';
import type { FastifyRequest } from 'fastify';

/** Of requests whose caller is known, and is not there alone or in person: an admin looks through their eyes, or a program shows their key. */
const acted = new WeakMap<IncomingMessage, Caller>();

export function noteCaller(request: FastifyRequest, caller: Caller | undefined): void {
  if (caller?.actor !== undefined || caller?.key !== undefined) acted.set(request.raw, caller);
}

/** For lines that are written outside of the request's own context, and for that context itself. */
export function whoAsks({ raw }: FastifyRequest): Partial<ReturnType<typeof acting>> {
  const caller = acted.get(raw);
  return caller ? acting(caller) : {};
}
