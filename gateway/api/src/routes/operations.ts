import type { Catalogue, Operation, Route } from '@mela/contracts';
import type { FastifyInstance } from 'fastify';
import type { Forward } from './forward.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The id of the operation that a route asks. */
    operation?: string;
  }
}

export const routedIn = (catalogue: Pick<Catalogue, 'operations'>) =>
  [...catalogue.operations.values()].filter((operation): operation is Operation & { http: Route } => operation.http !== undefined);

/** A route for every operation that declares one: a new one needs no line here. */
export function routeOperations(server: FastifyInstance, catalogue: Catalogue, forward: Forward): void {
  for (const operation of routedIn(catalogue))
    server.route({
      method: operation.http.method,
      url: operation.http.path,
      // Whoever wants to know how long a file is would have all of it read.
      exposeHeadRoute: operation.mediaType === undefined,
      config: { operation: operation.id },
      handler: (request, reply) => forward.answer(operation, request, reply),
    });
}
