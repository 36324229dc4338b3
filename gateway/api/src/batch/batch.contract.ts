import { anyone, operationsOf, query, refusal, service, type Catalogue } from '@mela/contracts';
import { z } from 'zod';

export const MOST_READS = 20;

export const TooManyReads = refusal('batch.too_many', 400, `A batch holds ${MOST_READS} reads at most`, 'Send the others in a batch of their own');
export const ReadTwice = refusal('batch.doubled_id', 400, 'An id names two reads', 'Give each read an id of its own, or none');
/** In the place of one read, as the next. */
export const ReadsOnly = refusal('batch.reads_only', 405, 'A batch holds reads alone', 'Send a command by itself, with an Idempotency-Key');
export const FilesAlone = refusal('batch.files_alone', 400, 'A batch holds no file', 'Ask for it by itself');
export const NestedBatch = refusal('batch.nested', 400, 'A batch holds no batch', 'Put its reads beside the others');

/** As it stands in a request line: nothing in it is read in two ways. */
const Path = z.string().max(2_048).regex(/^\/[!-"$-[\]-~]*$/, 'is to be a path such as /api/v1/identity/me, percent-encoded').meta({
  description: 'Path and query of a GET, percent-encoded',
  examples: ['/.well-known/jwks.json'],
});

const Read = z.strictObject({
  path: Path,
  id: z.string().min(1).max(100).optional().meta({ description: 'Named again beside the answer' }),
  ifNoneMatch: z.string().min(1).max(200).regex(/^[ -~]*$/).optional().meta({ description: 'The ETag of an earlier answer: 304 says that it still holds' }),
});

const Answer = z.object({
  id: z.string().optional(),
  status: z.int().meta({ description: 'What the read would have answered alone, or why it has no place in a batch: `route.unknown`, `batch.reads_only`, `batch.files_alone`, `batch.nested`' }),
  headers: z.record(z.string(), z.string()).meta({ description: 'Content-Type, ETag, Mela-Cursor, Retry-After and RateLimit-*, where the read has them' }),
  body: z.unknown().optional().meta({ description: 'The answer, or a problem; absent where the answer has no body' }),
});

/** What the gateway answers itself, in the words of every other contract. */
export const gateway = service('gateway', {
  batch: query({
    summary: `Up to ${MOST_READS} reads in one request, answered in their order`,
    http: 'POST /batch',
    access: anyone,
    input: z.object({ requests: z.array(Read).min(1).meta({ maxItems: MOST_READS, description: 'The token and the language of the batch hold for each of them' }) }),
    output: z.object({ responses: z.array(Answer) }),
    refusals: [TooManyReads, ReadTwice],
  }),
});

/** Everything that can be asked here: what services answer, and what the gateway does. */
export const withGateway = (catalogue: Catalogue): Catalogue => ({
  ...catalogue,
  operations: new Map([...catalogue.operations, ...operationsOf(gateway).map((operation) => [operation.id, operation] as const)]),
});
