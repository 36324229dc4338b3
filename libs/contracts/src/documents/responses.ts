import type { Operation } from '../language/operation.ts';
import type { RefusalType } from '../language/refusal.ts';
import * as faults from '../language/faults.ts';
import { scopeOf } from '../language/scope.ts';
import type { Json, Models } from './models.ts';
import { isCacheable, requestBody } from './parameters.ts';

/** What an operation answers: its output, and a problem for every refusal it declares or has in common with all. */
export function responses(operation: Operation, models: Models): Json {
  const limited = operation.limits.length > 0;
  const answer = {
    description: 'Done',
    headers: headers([
      ...(operation.kind === 'command' ? ['Idempotency-Replayed'] : []),
      ...(isCacheable(operation) ? ['ETag', 'Mela-Cursor'] : []),
      ...(operation.mediaType === undefined ? [] : ['Content-Disposition']),
      ...(limited ? ['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'] : []),
    ]),
    content: content(operation, models),
  };
  const unchanged = isCacheable(operation)
    ? { 304: { description: 'Unchanged since the ETag in If-None-Match', headers: headers(['ETag', 'Mela-Cursor']) } }
    : {};
  return { 200: answer, ...unchanged, ...refusals(operation, models) };
}

const content = ({ mediaType, output }: Operation, models: Models): Json =>
  mediaType === undefined ? { 'application/json': { schema: models.received(output) } } : { [mediaType]: { schema: { type: 'string', format: 'binary' } } };

function refusals(operation: Operation, models: Models): Json {
  const byStatus = new Map<number, RefusalType[]>();
  for (const refusal of new Set([...operation.refusals, ...faultsOf(operation, models)]))
    byStatus.set(refusal.status, [...(byStatus.get(refusal.status) ?? []), refusal]);
  return Object.fromEntries([...byStatus].map(([status, kinds]) => [status, problem(status, kinds)]));
}

const problem = (status: number, kinds: readonly RefusalType[]): Json => ({
  description: kinds.map((kind) => `\`${kind.code}\`: ${kind.title}`).join('\n\n'),
  headers: headers(status === 429 || status === 503 ? ['Trace-Id', 'Retry-After'] : ['Trace-Id']),
  content: {
    'application/problem+json': {
      schema: {
        allOf: [{ $ref: '#/components/schemas/Problem' }],
        properties: { code: { enum: kinds.map((kind) => kind.code) } },
      },
    },
  },
});

/** Of the faults that any operation may answer, those which this one can. */
function faultsOf(operation: Operation, models: Models): RefusalType[] {
  const when = (holds: boolean, ...kinds: RefusalType[]) => (holds ? kinds : []);
  return [
    faults.InvalidInput,
    ...when(Object.keys(operation.input.shape).length > 0, faults.DoubledField),
    ...when('after' in operation.input.shape, faults.BadCursor, faults.AnswerTooLarge),
    ...when(requestBody(operation, models) !== undefined, faults.MalformedBody, faults.BodyTooLarge, faults.WrongContentType),
    ...when(operation.access.rule !== 'anyone', faults.NotSignedIn),
    faults.InvalidToken,
    faults.InvalidApiKey,
    scopeOf(operation) === undefined ? faults.NotWithApiKey : faults.ScopeMissing,
    ...when(operation.access.rule === 'platform', faults.Forbidden),
    ...when(operation.access.rule === 'member', faults.Forbidden, faults.NotFound, faults.AccessUnknown),
    ...when(operation.kind === 'command', faults.KeyMalformed, faults.KeyInUse, faults.KeyReused),
    ...when(operation.secret, faults.AnswerWithheld),
    ...when(operation.limits.length > 0, faults.TooManyRequests),
    faults.Unavailable,
    faults.TimedOut,
    faults.Broken,
  ];
}

const headers = (names: readonly string[]): Json =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

export const sharedHeaders: Json = {
  ETag: { description: 'Names this version of the answer; send it as If-None-Match', schema: { type: 'string' } },
  'Mela-Cursor': {
    description: 'The stream position taken before the state was read: subscribe from it and nothing is missed',
    schema: { type: 'string' },
  },
  'Content-Disposition': { description: '`attachment`, with the name of the file', schema: { type: 'string' } },
  'Idempotency-Replayed': {
    description: '`true` when this is the answer to an earlier request with the same Idempotency-Key',
    schema: { type: 'string', enum: ['true'] },
  },
  'RateLimit-Limit': { description: 'Requests allowed in the window', schema: { type: 'integer', minimum: 0 } },
  'RateLimit-Remaining': { description: 'Requests left in the window', schema: { type: 'integer', minimum: 0 } },
  'RateLimit-Reset': { description: 'Seconds until the window ends', schema: { type: 'integer', minimum: 0 } },
  'Trace-Id': { description: 'Quote it when you report a fault', schema: { type: 'string' } },
  'Retry-After': { description: 'Seconds to wait before asking again', schema: { type: 'integer', minimum: 0 } },
};

export const problemSchema: Json = {
  type: 'object',
  description: 'RFC 9457. Decide by `code`, which never changes; title and detail are for people.',
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string' },
    detail: { type: 'string' },
    hint: { type: 'string', description: 'What to do about it' },
    traceId: { type: 'string', description: 'Quote it when you report a fault' },
    faults: {
      type: 'array',
      description: 'With request.invalid: each field and what is wrong with it, twenty at most',
      items: { type: 'object', properties: { field: { type: 'string' }, fault: { type: 'string' } }, required: ['field', 'fault'] },
    },
    fields: { type: 'array', description: 'With request.doubled_field: the names that were given twice', items: { type: 'string' } },
    position: { type: 'integer', description: 'With request.malformed: where the JSON stops making sense, with line and column' },
    line: { type: 'integer' },
    column: { type: 'integer' },
  },
  required: ['type', 'title', 'status', 'code'],
  additionalProperties: true,
};
