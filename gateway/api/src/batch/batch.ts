import { parsed, within, wrap } from '@mela/bus';
import { isRefusal, NoSuchRoute, TooManyRequests, type Catalogue, type In, type Refusal } from '@mela/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { answerProblem } from '../answers/problem-answer.ts';
import type { RateLimits } from '../limits/rate-limits.ts';
import { tellStanding } from '../routes/forward.ts';
import { RouteTable } from '../routes/route-table.ts';
import { FilesAlone, gateway, MOST_READS, NestedBatch, ReadsOnly, ReadTwice, TooManyReads } from './batch.contract.ts';
import { envelope, refusedRead, type ReadAnswer } from './envelope.ts';
import { sideBySide } from './side-by-side.ts';

const AT_ONCE = 10;
const NO_BODY = new Uint8Array(0);

/** Of an answer's headers those that mean something inside of another answer, spelt as the documents do. */
const TOLD = ['Content-Type', 'ETag', 'Mela-Cursor', 'Retry-After', 'RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'];
/** What holds for each read because it holds for the batch. */
const SHARED = ['authorization', 'accept-language', 'cookie', 'host', 'mela-session', 'origin', 'user-agent'] as const;

/** Segments that a URL resolves: what is matched here is to be what is asked. */
const DOTS = /\/(?:\.|%2e){1,2}(?:[/?]|$)/i;

const readInput = wrap([parsed], async ({ input }) => input);

type Read = In<typeof gateway.batch>['requests'][number];

interface BatchParts {
  /** What may be read: nothing but the queries among these. */
  catalogue: Catalogue;
  limits: RateLimits | undefined;
  timeoutMs: number;
}

/**
 * Reads that share a request. Each goes the way that it would go alone, through the same routes, limits and checks,
 * so that it is answered alike; what one is refused for leaves the others alone.
 */
export class Batch {
  private readonly routes = new RouteTable();
  private readonly files = new RouteTable();

  constructor(
    private readonly server: FastifyInstance,
    private readonly parts: BatchParts,
  ) {
    for (const { http, mediaType } of parts.catalogue.operations.values()) if (http) (mediaType === undefined ? this.routes : this.files).add(http.path, http.method);
  }

  route(): void {
    const { id, http } = gateway.batch;
    this.server.route({ method: http!.method, url: http!.path, config: { operation: id }, handler: (request, reply) => this.answer(request, reply) });
  }

  private async answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    // The batch is a request from its address; who it may read for is counted with each read.
    const standing = await this.parts.limits?.count(gateway.batch, undefined, request.ip);
    if (standing) tellStanding(reply, standing);
    const answered = standing?.exceeded ? TooManyRequests() : await this.read(request);
    if (isRefusal(answered)) return answerProblem(reply, answered);
    return reply.header('content-type', 'application/json').header('cache-control', 'no-store').send(answered);
  }

  private async read(request: FastifyRequest): Promise<Uint8Array | Refusal> {
    const outcome = await readInput({ operation: gateway.batch, body: (request.body as Uint8Array | undefined) ?? NO_BODY, headers: () => undefined, replyHeaders: new Map() });
    if (isRefusal(outcome)) return outcome;
    const { requests } = outcome as In<typeof gateway.batch>;
    if (requests.length > MOST_READS) return TooManyReads(`These are ${requests.length}`);
    const ids = requests.flatMap(({ id }) => id ?? []);
    if (new Set(ids).size < ids.length) return ReadTwice();

    // One deadline for all: a read that waited for its turn has as little time left as the batch.
    const context = { traceparent: request.id, deadline: Date.now() + this.parts.timeoutMs };
    const answers = await within(context, () => sideBySide(requests, AT_ONCE, (read) => this.answerOne(read, request)));
    return envelope(requests.map(({ id }, at) => ({ id, answer: answers[at]! })), request.id);
  }

  private async answerOne(read: Read, batch: FastifyRequest): Promise<ReadAnswer> {
    const refused = this.misplaced(read.path);
    if (refused) return refusedRead(refused, batch.id);
    const shared = SHARED.flatMap((name) => (typeof batch.headers[name] === 'string' ? [[name, batch.headers[name]]] : []));
    const { statusCode, headers, rawPayload } = await this.server.inject({
      method: 'GET', url: read.path, remoteAddress: batch.ip,
      headers: { ...Object.fromEntries(shared), traceparent: batch.id, ...(read.ifNoneMatch === undefined ? {} : { 'if-none-match': read.ifNoneMatch }) },
    });
    const told = TOLD.flatMap((name) => (headers[name.toLowerCase()] === undefined ? [] : [[name, String(headers[name.toLowerCase()])]]));
    return { status: statusCode, headers: Object.fromEntries(told), body: rawPayload };
  }

  private misplaced(path: string): Refusal | undefined {
    if (path.split('?', 1)[0] === gateway.batch.http!.path) return NestedBatch();
    const methods = DOTS.test(path) ? [] : this.routes.methodsOf(path);
    if (methods.includes('GET')) return undefined;
    if (this.files.methodsOf(path).length > 0) return FilesAlone();
    return methods.length === 0 ? NoSuchRoute() : ReadsOnly(`There is ${methods.join(', ')} alone`);
  }
}
