import type { Access } from '../language/access.ts';
import type { Catalogue } from '../language/catalogue.ts';
import type { Operation } from '../language/operation.ts';
import { scopeOf } from '../language/scope.ts';
import { Models, type Json } from './models.ts';
import { openApiPath, parameters, requestBody, sharedParameters } from './parameters.ts';
import { problemSchema, responses, sharedHeaders } from './responses.ts';

interface OpenApiOptions {
  readonly version: string;
  /** Where the API is reached, without the path: `https://api.example.org`. */
  readonly servers: readonly string[];
}

/** OpenAPI 3.1 of every operation that has a route. The same contracts always give the same text. */
export function openapi(catalogue: Catalogue, { version, servers }: OpenApiOptions): Json {
  const models = new Models(catalogue.models);
  const routed = [...catalogue.operations.values()].filter((operation) => operation.http);
  const paths: Record<string, Json> = {};
  for (const operation of routed) {
    const { method, path } = operation.http!;
    (paths[openApiPath(path)] ??= {})[method.toLowerCase()] = describe(operation, models);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Mela',
      version,
      description: 'One backend for membership organisations. What happens is told on topics: see the AsyncAPI document.',
      license: { name: 'Apache License 2.0', identifier: 'Apache-2.0' },
    },
    servers: servers.map((url) => ({ url })),
    tags: [...new Set(routed.map((operation) => operation.service))].map((name) => ({
      name,
      description: `What ${name} can be asked`,
    })),
    paths,
    components: {
      securitySchemes: {
        accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'The access token of a session' },
        apiKey: { type: 'http', scheme: 'bearer', bearerFormat: 'mela_…', description: 'An API key with the scope that is named, in its owner’s name' },
      },
      parameters: sharedParameters,
      headers: sharedHeaders,
      schemas: { ...models.components, Problem: problemSchema },
    },
  };
}

function describe(operation: Operation, models: Models): Json {
  const body = requestBody(operation, models);
  return {
    operationId: operation.id,
    tags: [operation.service],
    summary: operation.summary,
    description: whoMayAsk(operation.access),
    security: waysIn(operation),
    parameters: parameters(operation, models),
    ...(body === undefined ? {} : { requestBody: body }),
    responses: responses(operation, models),
    'x-access': operation.access,
    ...(operation.session ? { 'x-session': operation.session } : {}),
    ...(operation.limits.length === 0 ? {} : { 'x-limits': operation.limits }),
    ...(operation.emits.length === 0 ? {} : { 'x-emits': operation.emits.map((event) => event.type) }),
  };
}

function waysIn(operation: Operation): Json[] {
  if (operation.access.rule === 'anyone') return [];
  const scope = scopeOf(operation);
  return [{ accessToken: [] }, ...(scope === undefined ? [] : [{ apiKey: [scope] }])];
}

function whoMayAsk(access: Access): string {
  if (access.rule === 'anyone') return 'For anyone.';
  if (access.rule === 'person') return 'For whoever is signed in.';
  if (access.rule === 'service') return 'For services alone.';
  if (access.rule === 'platform') return `For whoever is ${access.atLeast.replace('_', '-')} or more on the platform.`;
  return access.atLeast === 'member'
    ? `For members of the community in \`${access.of}\`.`
    : `For members of the community in \`${access.of}\` who are ${access.atLeast} or more.`;
}
