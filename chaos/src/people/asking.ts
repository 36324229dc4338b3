import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { KeyInUse, type Ask, type Operation, type Out } from '@mela/contracts';
import type { Outcome, Random } from '@mela/testkit/chaos';
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
export async function askUntilAnswered<Op extends Operation>(
  asking: Asking,
  operation: Op,
  input: Ask<Op>,
  caller: { token: string; personId: string } | undefined,
): Promise<Out<Op> | undefined> {
  const command = operation.kind === 'command';
  const key = command ? randomUUID() : undefined;
  for (let attempt = 1; ; attempt++) {
    const outcome = await attemptOnce(asking, operation, input, { caller, key, attempt });
    if (outcome.kind === 'answered') return outcome.body as Out<Op>;
    if (!command || isDefinite(outcome) || asking.over()) return undefined;
    await pause(asking.random.int(0, Math.min(AGAIN_MS.soonest * 2 ** attempt, AGAIN_MS.latest)));
  }
}

interface Attempt {
  readonly caller: { token: string; personId: string } | undefined;
  readonly key: string | undefined;
  readonly attempt: number;
  readonly patienceMs?: number;
}

/** One request, remembered with whatever came of it. */
export async function attemptOnce<Op extends Operation>({ api, history, who, address }: Pick<Asking, 'api' | 'history' | 'who' | 'address'>, operation: Op, input: Ask<Op>, { caller, key, attempt, patienceMs = CLIENT_PATIENCE_MS }: Attempt): Promise<Outcome> {
  const at = history.now();
  const outcome = await send(api, operation, input, { token: caller?.token, idempotencyKey: key, signal: AbortSignal.timeout(patienceMs), headers: { 'x-forwarded-for': address } });
  history.record({
    kind: 'asked', who, personId: caller?.personId, operation: operation.id, command: operation.kind === 'command', key, attempt, at, endedAt: history.now(),
    input: input as Record<string, unknown>, outcome: operation.secret ? withoutSecrets(outcome) : outcome,
  });
  return outcome;
}

async function send<Op extends Operation>(api: string, operation: Op, input: Ask<Op>, options: HttpOptions): Promise<Outcome> {
  try {
    const response = await sendOperation(api, operation, input, options);
    const body = (await response.json()) as Record<string, unknown>;
    if (response.ok) return { kind: 'answered', status: response.status, body, replayed: response.headers.get('idempotency-replayed') === 'true' };
    return { kind: 'refused', status: response.status, code: String(body['code']) };
  } catch (fault) {
    const { name, message, cause } = fault as Error & { cause?: { code?: string; message?: string } };
    return { kind: 'broken', why: cause?.code ?? cause?.message ?? message, gaveUp: name === 'TimeoutError' };
  }
}

const isDefinite = (outcome: Outcome): boolean => outcome.kind === 'refused' && outcome.status < 500 && outcome.code !== KeyInUse().code;

const withoutSecrets = (outcome: Outcome): Outcome =>
  outcome.kind === 'answered' ? { ...outcome, body: { person: (outcome.body as { person?: unknown }).person } } : outcome;
