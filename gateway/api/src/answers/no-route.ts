import { MethodNotAllowed, NoSuchRoute, type Refusal } from '@mela/contracts';
import type { FastifyReply } from 'fastify';
import type { RouteTable } from '../routes/route-table.ts';

/** Why a request has no route: its path, or only its method, and then which ones there are. */
export function noRoute(routes: RouteTable, reply: FastifyReply): Refusal {
  const { method, url } = reply.request;
  const methods = routes.methodsOf(url);
  if (methods.length === 0) return NoSuchRoute();
  const allow = methods.join(', ');
  reply.header('allow', allow);
  return MethodNotAllowed(`${method} is not one of ${allow}`);
}
