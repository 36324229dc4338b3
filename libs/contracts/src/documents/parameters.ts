import type { Operation } from '../language/operation.ts';
import type { Json, Models } from './models.ts';

export const openApiPath = (path: string): string => path.replace(/:([A-Za-z]+)/g, '{$1}');

/** Path and query parameters, and the headers a client may send. */
export function parameters(operation: Operation, models: Models): Json[] {
  const { params, hasBody } = operation.http!;
  const inQuery = hasBody ? [] : Object.keys(operation.input.shape).filter((name) => !params.includes(name));
  const input = fieldsOf(operation, models);
  const required = new Set(input.required);
  const parameter = (where: 'path' | 'query') => (name: string) => {
    const { description, ...schema } = input.properties[name]!;
    return {
      name,
      in: where,
      required: where === 'path' || required.has(name),
      ...(description === undefined ? {} : { description }),
      // With commas between its items: each name is given once.
      ...(schema['type'] === 'array' ? { explode: false } : {}),
      schema,
    };
  };
  return [
    ...params.map(parameter('path')),
    ...inQuery.map(parameter('query')),
    ...(operation.keyed ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
    ...(isCacheable(operation) ? [{ $ref: '#/components/parameters/IfNoneMatch' }] : []),
  ];
}

/** The body holds what the path does not: a name in both places is refused, so it is documented in one. */
export function requestBody(operation: Operation, models: Models): Json | undefined {
  const { params, hasBody } = operation.http!;
  const inBody = Object.keys(operation.input.shape).filter((name) => !params.includes(name));
  if (!hasBody || inBody.length === 0) return undefined;
  const input = fieldsOf(operation, models);
  const required = input.required.filter((name) => inBody.includes(name));
  return {
    required: required.length > 0,
    content: {
      'application/json': {
        schema: {
          type: 'object',
          properties: Object.fromEntries(inBody.map((name) => [name, input.properties[name]])),
          ...(required.length === 0 ? {} : { required }),
          additionalProperties: false,
        },
      },
    },
  };
}

export const isCacheable = (operation: Operation): boolean =>
  operation.kind === 'query' && operation.http?.method === 'GET' && operation.mediaType === undefined;

export const sharedParameters: Json = {
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description: 'Made by the client, one per intent. Sent again with the same request, it gets the first answer again and nothing is done twice.',
    schema: { type: 'string', minLength: 1, maxLength: 200, pattern: '^[\\x21-\\x7e]+$' },
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    required: false,
    description: 'The ETag of an earlier answer: 304 says that it still holds.',
    schema: { type: 'string' },
  },
};

interface Fields {
  readonly properties: Record<string, Json>;
  readonly required: readonly string[];
}

function fieldsOf(operation: Operation, models: Models): Fields {
  const { properties = {}, required = [] } = models.sent(operation.input) as Partial<Fields>;
  return { properties, required };
}
