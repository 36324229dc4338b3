import { bearer, currentContext, header, originOf, traceIdOf, within, type Asker, type Log, type Reply } from '@mela/bus';
import type { Credentials, Recognised } from '@mela/chassis';
import { InvalidInput, isRefusal, NoSuchRoute, NotSignedIn, TooManyRequests, type Operation, type Refusal } from '@mela/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { answerProblem } from '../answers/problem-answer.ts';
import { NoBodyTaken } from '../answers/refusals.ts';
import type { SessionCookies } from '../cookies/session-cookies.ts';
import type { RateLimits, Standing } from '../limits/rate-limits.ts';
import type { ReadCursors } from '../reads/read-cursors.ts';
import { noteCaller, whoAsks } from '../server/who-asks.ts';
import { passOn } from './pass-on.ts';
import { passOnFile } from './pass-on-file.ts';
import { readParameters, type Parameters } from './parameters.ts';

interface ForwardParts {
  asker: Asker;
  credentials: Credentials;
  /** Undefined when nobody counts. */
  limits: RateLimits | undefined;
  cursors: ReadCursors;
  cookies: SessionCookies;
  /** What gives another access token for a refresh token, where the contracts have it. */
  renewal: Operation | undefined;
  timeoutMs: number;
  log: Log;
}

const NO_BODY = new Uint8Array(0);

// As the services do: nobody makes us send back what we would not take.
const LONGEST_NAME = 100;
const MOST_FAULTS = 20;

/** As with a body that is sent to us: so many times the time of an answer. */
const PATIENCE = 3;

/** Of all that a client sends, these headers and no others reach a service. */
const PASSED = [header.locale, header.idempotencyKey] as const;

/** One HTTP request becomes one request on the bus, its body and answer as the bytes they are. */
export class Forward {
  constructor(private readonly parts: ForwardParts) {}

  answer(operation: Operation, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    // One of a batch has as little time left as the batch.
    const deadline = Math.min(Date.now() + this.parts.timeoutMs, currentContext()?.deadline ?? Number.POSITIVE_INFINITY);
    const context = { traceparent: request.id, deadline, origin: originOf(request.ip, request.headers['user-agent']) };
    return within(context, async () => {
      const admitted = await this.admit(operation, request, reply);
      if (isRefusal(admitted)) {
        // Not theirs to lose by a token that came otherwise.
        if (bearer(request.headers.authorization) === undefined) this.parts.cookies.forget(operation, request, reply, admitted.status);
        return answerProblem(reply, admitted);
      }
      return within({ ...context, ...whoAsks(request) }, async () => {
        // Taken before the state is read: a client that subscribes from here misses nothing.
        const cursor = operation.http!.method === 'GET' ? await this.parts.cursors.take() : undefined;
        const answer = await this.exchange(operation, request, admitted);
        if (operation.mediaType !== undefined && answer.status === 200) return this.passOnFile(operation, request, reply, { first: answer, sent: admitted });
        return passOn(operation, request, reply, { answer: this.parts.cookies.keep(operation, request, reply, answer), cursor });
      });
    });
  }

  /** What is to be sent along, or why not: who asks, how often, and whether the request can be read in one way only. */
  private async admit(operation: Operation, request: FastifyRequest, reply: FastifyReply): Promise<Map<string, string> | Refusal> {
    const recognised = await this.recognise(operation, request, reply);
    const refused = isRefusal(recognised);
    const caller = refused ? undefined : recognised?.caller;
    noteCaller(request, caller);
    const standing = await this.parts.limits?.count(operation, caller, request.ip);
    if (standing) tellStanding(reply, standing);
    if (standing?.exceeded) return TooManyRequests();
    if (refused) return recognised;
    const params = parametersOf(operation, request);
    return isRefusal(params) ? params : sentAlong(request, recognised?.token, params.value);
  }

  private async recognise(operation: Operation, request: FastifyRequest, reply: FastifyReply): Promise<Recognised | undefined | Refusal> {
    const { cookies } = this.parts;
    const sent = bearer(request.headers.authorization);
    const recognised = await this.identify(operation, sent ?? cookies.accessToken(operation, request), request.ip);
    const refreshToken = sent === undefined && isRefusal(recognised) && recognised.status === 401 ? cookies.leavingToken(operation, request) : undefined;
    if (refreshToken === undefined) return recognised;
    const renewed = await this.renew(refreshToken, request, reply);
    return typeof renewed === 'string' ? this.identify(operation, renewed, request.ip) : (renewed ?? recognised);
  }

  /** The next tokens are kept, too: what was to end the session may be refused. */
  private async renew(refreshToken: string, request: FastifyRequest, reply: FastifyReply): Promise<string | undefined | Refusal> {
    const { renewal, limits, asker, cookies } = this.parts;
    if (!renewal) return undefined;
    const standing = await limits?.count(renewal, undefined, request.ip);
    if (standing?.exceeded) {
      tellStanding(reply, standing);
      return TooManyRequests();
    }
    const renewed = await asker.ask(renewal, { refreshToken });
    return isRefusal(renewed) ? renewed : cookies.hold(reply, renewed).accessToken;
  }

  /** The service verifies again; here a bad token is turned away before it costs the bus anything. */
  private async identify(operation: Operation, shown: string | undefined, address: string): Promise<Recognised | undefined | Refusal> {
    if (shown === undefined) return operation.access.rule === 'anyone' ? undefined : NotSignedIn();
    return this.parts.credentials.recognise(shown, address);
  }

  /** Each piece has the time of an answer, and is asked for with the same token: the service verifies it with every one. */
  private passOnFile(operation: Operation, request: FastifyRequest, reply: FastifyReply, { first, sent }: { first: Reply; sent: Map<string, string> }): FastifyReply {
    const { timeoutMs, log } = this.parts;
    const context = currentContext()!;
    return passOnFile(reply, {
      first,
      pieceFrom: (from) => within({ ...context, deadline: Date.now() + timeoutMs }, () => this.exchange(operation, request, sent.set(header.from, String(from)))),
      patienceMs: PATIENCE * timeoutMs,
      brokeOff: (fault) => log.warn({ operation: operation.id, reason: fault.message, traceId: traceIdOf(request.id), ...whoAsks(request) }, 'a file broke off'),
    });
  }

  private exchange(operation: Operation, request: FastifyRequest, sent: Map<string, string>): Promise<Reply> {
    const sentBody = this.parts.cookies.bodyOf(operation, request) ?? (request.body as Uint8Array | undefined);
    const body = operation.http!.hasBody ? (sentBody ?? NO_BODY) : NO_BODY;
    return this.parts.asker.exchange(operation, body, sent);
  }
}

function parametersOf(operation: Operation, request: FastifyRequest): { value: Parameters } | Refusal {
  const path = request.params as Parameters;
  if (Object.values(path).includes('')) return NoSuchRoute();
  if (!operation.http!.hasBody && bringsBody(request)) return NoBodyTaken();
  const params = readParameters(path, (request.query as { text: string }).text);
  if (isRefusal(params) || !operation.http!.hasBody) return params;
  const misplaced = Object.keys(params.value).filter((name) => !Object.hasOwn(path, name));
  return misplaced.length === 0 ? params : notInTheQuery(misplaced);
}

/** Where there is a body, its values belong there: what stands in a URL is written into the logs of all that pass it on. */
function notInTheQuery(names: readonly string[]): Refusal {
  const faults = names.slice(0, MOST_FAULTS).map((name) => ({ field: name.slice(0, LONGEST_NAME), fault: 'unknown field' }));
  return InvalidInput(`The body takes the values, the query takes none: ${faults.map(({ field }) => field).join(', ')}`, { faults });
}

const bringsBody = ({ headers }: FastifyRequest): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

function sentAlong(request: FastifyRequest, token: string | undefined, params: Parameters): Map<string, string> {
  const sent = new Map<string, string>();
  if (token !== undefined) sent.set(header.token, `Bearer ${token}`);
  for (const name of PASSED) {
    const value = request.headers[name];
    if (typeof value === 'string') sent.set(name, value);
  }
  if (Object.keys(params).length > 0) sent.set(header.params, JSON.stringify(params));
  return sent;
}

export function tellStanding(reply: FastifyReply, { limit, remaining, resetSeconds, exceeded }: Standing): void {
  reply.header('ratelimit-limit', limit).header('ratelimit-remaining', remaining).header('ratelimit-reset', resetSeconds);
  if (exceeded) reply.header('retry-after', resetSeconds);
}
