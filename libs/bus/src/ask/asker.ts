import { TimedOut, Unavailable, type Ask, type Operation, type Outcome, type Refusal } from '@mela/contracts';
import { headers as natsHeaders, NoRespondersError, PermissionViolationError, TimeoutError, type NatsConnection } from '@nats-io/transport-node';
import { currentContext } from '../context.ts';
import { fact } from '../trace/facts.ts';
import { beginSpan } from '../trace/span.ts';
import { Answers } from './answers.ts';
import { exchanged } from './exchanged.ts';
import { header, type Reply } from './exchange.ts';
import { encodeJson } from './json.ts';
import { CutOff, Line } from './line.ts';
import type { LocalPath } from './local-path.ts';
import { writeOrigin } from './origin.ts';
import { PROBLEM, problem } from './problem.ts';

export interface AskerOptions {
  nc: NatsConnection;
  /** Ids of the operations that the manifest names: nothing else may be asked. */
  mayAsk: ReadonlySet<string> | 'anything';
  /** Given, a request to a handler in this process does not leave it. */
  local?: LocalPath | undefined;
  timeoutMs?: number;
}

const decoder = new TextDecoder();

/** Asks operations of services, wherever they run. */
export class Asker {
  private readonly line: Line;
  private readonly answers: Answers;

  constructor(private readonly options: AskerOptions) {
    this.line = Line.of(options.nc);
    this.answers = new Answers(options.nc);
  }

  /** What keeps it from asking others, if anything does. */
  get fault(): string | undefined {
    return this.line.fault;
  }

  /** In the name of the caller whose request is being answered, within what is left of its time. */
  async ask<Op extends Operation>(operation: Op, input: Ask<Op>): Promise<Outcome<Op>> {
    if (operation.mediaType !== undefined) throw new Error(`${operation.id} answers a file, which comes in pieces: exchange them one by one`);
    const context = currentContext();
    const sent = new Map<string, string>();
    if (context?.token !== undefined) sent.set(header.token, `Bearer ${context.token}`);
    if (context?.locale !== undefined) sent.set(header.locale, context.locale);
    const reply = await this.exchange(operation, encodeJson(input), sent);
    const value = JSON.parse(decoder.decode(reply.body));
    return reply.status < 400 ? value : refusalFrom(value);
  }

  /** Bytes in, bytes out: what the gateway forwards. Always answers; a broken path is a problem document too. */
  async exchange(operation: Operation, body: Uint8Array, sent: Map<string, string>): Promise<Reply> {
    const { mayAsk, timeoutMs = 10_000 } = this.options;
    if (mayAsk !== 'anything' && !mayAsk.has(operation.id))
      throw new Error(`The manifest does not name ${operation.id} among what it asks`);
    const context = currentContext();
    const timeIsUp = Math.min(Date.now() + timeoutMs, context?.deadline ?? Number.POSITIVE_INFINITY);
    const timeLeft = () => timeIsUp - Date.now();
    if (timeLeft() <= 0) return failure(TimedOut());
    const span = beginSpan('asks', operation.subject, context?.traceparent, { [fact.operation]: operation.id });
    if (context) sent.set(header.trace, span?.traceparent ?? context.traceparent);
    if (context?.origin) writeOrigin(context.origin, sent);
    const reply = () => this.send(operation, body, sent, timeLeft);
    return span ? exchanged(span, reply) : reply();
  }

  private async send(operation: Operation, body: Uint8Array, sent: Map<string, string>, timeLeft: () => number): Promise<Reply> {
    const serve = this.options.local?.find(operation.subject);
    if (serve) {
      const ms = timeLeft();
      sent.set(header.timeLeft, String(Math.ceil(ms)));
      return withinTime(serve(body, (name) => sent.get(name)), ms);
    }

    try {
      const message = await this.line.answerTo(timeLeft(), async () => {
        // What a wait for the bus has taken is gone for whoever answers, too.
        const timeout = Math.ceil(timeLeft());
        if (timeout <= 0) throw new TimeoutError();
        const headers = natsHeaders();
        for (const [name, value] of sent.set(header.timeLeft, String(timeout))) headers.set(name, value);
        return this.answers.to(operation.subject, body, { headers, timeout });
      });
      const received = new Map<string, string>();
      for (const [name, values] of message.headers ?? []) received.set(name, values[0]!);
      return { status: Number(received.get(header.status)), headers: received, body: message.data };
    } catch (error) {
      return failure(reasonOf(error));
    }
  }
}

function reasonOf(error: unknown): Refusal {
  if (error instanceof CutOff) return Unavailable(error.message);
  if (error instanceof TimeoutError) return TimedOut();
  if (error instanceof NoRespondersError) return Unavailable('Nobody answers this operation right now');
  if (error instanceof PermissionViolationError) return Unavailable('The message bus does not let it be asked from here');
  return Unavailable('The message bus cannot be reached');
}

async function withinTime(answer: Promise<Reply>, ms: number): Promise<Reply> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Reply>((resolve) => {
    timer = setTimeout(() => resolve(failure(TimedOut())), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

function failure(refusal: Refusal): Reply {
  return {
    status: refusal.status,
    headers: new Map([['content-type', PROBLEM], [header.status, String(refusal.status)]]),
    body: encodeJson(problem(refusal, currentContext()?.traceparent)),
  };
}

function refusalFrom(document: Record<string, unknown>): Refusal {
  const { type: _type, traceId: _traceId, code, status, title, detail, hint, ...facts } = document;
  return { refused: true, code, status, title, detail, hint, facts } as Refusal;
}
