import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { KeyInUse, type Ask, type Operation, type Out, type Session } from '@mela/contracts';
import { agentOf, type Outcome, type Problem, type Random, type Tried } from '@mela/testkit/chaos';
import { sendOperation, type HttpOptions } from '@mela/testkit/clients';
import type { History } from '../history/history.ts';

/** A client gives up here; Mela is to have answered long before. */
const CLIENT_PATIENCE_MS = 40_000;
const AGAIN_MS = { soonest: 50, latest: 2_000 };

export interface Asking {
  readonly api: string;
  readonly history: History;
  readonly random: Random;
  readonly who: string;
  /** Where they ask from: limits count by it. */
  readonly address: string;
  /** When nobody asks again any more. */
  over(): boolean;
}

/** Asks as a careful client does: a command again and again under one key, until there is a definite answer; a question once. */
export async function askUntilAnswered<Op extends Operation>(asking: Asking, operation: Op, input: Ask<Op>, session: Session | undefined): Promise<Tried<Op> | undefined> {
  const command = operation.kind === 'command';
  const key = command ? randomUUID() : undefined;
  for (let attempt = 1; ; attempt++) {
    const { outcome, body } = await attemptOnce(asking, operation, input, { session, key, attempt });
    if (outcome.kind === 'answered') return { answer: body as Out<Op> };
    if (outcome.kind === 'refused' && (isDefinite(outcome) || !command)) return { refusal: body as Problem };
    if (!command || asking.over()) return undefined;
    await pause(asking.random.int(0, Math.min(AGAIN_MS.soonest * 2 ** attempt, AGAIN_MS.latest)));
  }
}

interface Attempt {
  readonly session: Session | undefined;
  readonly key: string | undefined;
  readonly attempt: number;
  readonly patienceMs?: number;
}

/** What came, and what the history is told of it. */
interface Came {
  readonly outcome: Outcome;
  readonly body: unknown;
}

/** One request, remembered with whatever came of it. */
export async function attemptOnce<Op extends Operation>({ api, history, who, address }: Pick<Asking, 'api' | 'history' | 'who' | 'address'>, operation: Op, input: Ask<Op>, { session, key, attempt, patienceMs = CLIENT_PATIENCE_MS }: Attempt): Promise<Came> {
  const at = history.now();
  // Whatever a service notes of who asked, it notes with this: so it can be told which command it was.
  const headers: Record<string, string> = { 'x-forwarded-for': address, ...(key === undefined ? {} : { 'user-agent': agentOf(key) }) };
  const { outcome, body } = await send(api, operation, input, { token: session?.accessToken, idempotencyKey: key, signal: AbortSignal.timeout(patienceMs), headers });
  const asker = session && { personId: session.person.id, sessionId: sessionIn(session.accessToken) };
  history.record({
    kind: 'asked', who, ...asker, operation: operation.id, command: operation.kind === 'command', key, attempt, at, endedAt: history.now(),
    input: input as Record<string, unknown>, outcome: operation.secret ? withoutSecrets(outcome) : outcome,
  });
  return { outcome, body };
}

async function send<Op extends Operation>(api: string, operation: Op, input: Ask<Op>, options: HttpOptions): Promise<Came> {
  try {
    const response = await sendOperation(api, operation, input, options);
    if (response.ok && operation.mediaType !== undefined) return await fileOf(response);
    const body = (await response.json()) as Record<string, unknown>;
    if (response.ok) return { outcome: { kind: 'answered', status: response.status, body, replayed: response.headers.get('idempotency-replayed') === 'true' }, body };
    return { outcome: { kind: 'refused', status: response.status, code: String(body['code']) }, body };
  } catch (fault) {
    const { name, message, cause } = fault as Error & { cause?: { code?: string; message?: string } };
    return { outcome: { kind: 'broken', why: cause?.code ?? cause?.message ?? message, gaveUp: name === 'TimeoutError' }, body: undefined };
  }
}

/** One that ends too early says so by that: it cannot be had at the moment. */
async function fileOf(response: Response): Promise<Came> {
  const file = await response.arrayBuffer().catch(() => undefined);
  if (!file) return { outcome: { kind: 'refused', status: 503, code: 'broken off' }, body: undefined };
  const body = { bytes: file.byteLength };
  return { outcome: { kind: 'answered', status: response.status, body, replayed: false }, body };
}

const isDefinite = (outcome: Outcome): boolean => outcome.kind === 'refused' && outcome.status < 500 && outcome.code !== KeyInUse().code;

function withoutSecrets(outcome: Outcome): Outcome {
  if (outcome.kind !== 'answered') return outcome;
  const { person, accessToken } = outcome.body as Partial<Session>;
  return { ...outcome, body: { person, ...(accessToken === undefined ? {} : { sessionId: sessionIn(accessToken) }) } };
}

/** An access token says whose session it is of. */
const sessionIn = (accessToken: string): string => String((JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()) as { sid: unknown }).sid);
