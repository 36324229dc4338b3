import { isDeepStrictEqual } from 'node:util';
import { mela } from '@mela/contracts';
import { commandsOf, proofOf, refusedByRule, type Command, type Evidence, type Violation, type Workload } from '@mela/testkit/chaos';
import { areExplained, timesOf, wishesOf, type ByOperation, type Effect, type Wish } from '../wishes.ts';
import type { Judge } from './judge.ts';

const invariant = 'I5';

/** What was answered is there, exactly once per key; what was refused is not. */
export const answersKept: Judge = (evidence, workloads) => {
  const commands = commandsOf(evidence.history);
  const byOperation = Map.groupBy(commands, ({ operation }) => operation);
  return [...withoutEffect(commands, workloads, evidence), ...wishesOf(commands).flatMap((wish) => miscounted(wish, byOperation, workloads, evidence)), ...commands.flatMap(changedAnswer)];
};

/** What nobody can judge was not tried, however often it was answered. */
function withoutEffect(commands: readonly Command[], workloads: readonly Workload[], evidence: Evidence): Violation[] {
  const traceless = new Set(workloads.flatMap((workload) => workload.traceless ?? []));
  const operations = new Set(commands.filter(({ operation, proof }) => proof === 'done' && !traceless.has(operation)).map(({ operation }) => operation));
  return [...operations]
    .filter((operation) => effectOf(operation, workloads, evidence) === undefined)
    .map((operation) => ({ invariant, what: `${operation} was acknowledged, and no workload says where its effect is seen`, about: [operation] }));
}

function miscounted(wish: Wish, commands: ByOperation, workloads: readonly Workload[], evidence: Evidence): Violation[] {
  const effect = effectOf(wish[0]!.operation, workloads, evidence);
  if (!effect) return [];
  const done = wish.filter(({ proof }) => proof === 'done').length;
  const [least, most] = [Math.min(done, 1), done + wish.filter(({ proof }) => proof === 'unknown').length];
  const isRight = (times: number) => times >= least && times <= most;
  const times = timesOf(wish, effect, isRight);
  if (isRight(times)) return [];
  if (times > most && areExplained(times - most, wish, commands, effect)) return [];
  const allowed = least === most ? `${most}` : `${least} to ${most}`;
  const what = `${inWords(wish)}, and its effect is in the rows of ${effect.service} ${times} times instead of ${allowed}`;
  return [{ invariant, what, about: [...wish.map(({ key }) => key), ...answeredIds(wish)] }];
}

function effectOf(operation: string, workloads: readonly Workload[], { services }: Evidence): Effect | undefined {
  for (const { effects, service, forOneself } of workloads) {
    const [count, rows] = [effects[operation], services[service]?.rows];
    if (count && rows) return { count, rows, service, forOneself: new Set(forOneself) };
  }
  return undefined;
}

function inWords(wish: Wish): string {
  const { operation, key, attempts } = wish[0]!;
  if (wish.length > 1) return `${attempts[0]!.who} asked the same of ${operation} under ${wish.length} keys`;
  const words = { done: 'was answered', refused: 'was refused every time', unknown: 'was never answered' };
  return `${operation} under the key ${key} (${attempts[0]!.who}, ${attempts.length} attempts) ${words[wish[0]!.proof]}`;
}

const answeredIds = (wish: Wish): string[] =>
  [...new Set(wish.flatMap(({ attempts }) => attempts.flatMap(({ outcome }) => {
    const id = outcome.kind === 'answered' ? (outcome.body as { id?: unknown } | null)?.id : undefined;
    return typeof id === 'string' ? [id] : [];
  })))];

/** A key's answer is kept, so each attempt gets the same one; a secret is not kept. */
function changedAnswer({ operation, key, attempts }: Command): Violation[] {
  const done = attempts.filter((attempt) => proofOf(attempt) === 'done');
  const refused = attempts.find(refusedByRule);
  if (done.length > 0 && refused)
    return [{ invariant, what: `${operation} under the key ${key} was answered, and also refused with ${(refused.outcome as { code?: string }).code}`, about: [key] }];
  if (mela.operations.get(operation)?.secret) return [];
  const bodies = done.flatMap(({ outcome }) => (outcome.kind === 'answered' ? [outcome.body] : []));
  if (bodies.every((body) => isDeepStrictEqual(body, bodies[0]))) return [];
  return [{ invariant, what: `${operation} under the key ${key} was answered ${bodies.length} times, and not each time with the same`, about: [key] }];
}
