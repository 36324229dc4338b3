import { AnswerWithheld, KeyInUse, mela } from '@mela/contracts';
import type { Asked, Entry } from './workload.ts';

/** What every client of a run says that it is: so a service that notes who asked has noted which command it was. */
export const agentOf = (key: string): string => `mela-chaos/${key}`;

/** The key that an agent was told with; undefined of any other agent. */
export const keyOfAgent = (agent: unknown): string | undefined => (typeof agent === 'string' && agent.startsWith(agentOf('')) ? agent.slice(agentOf('').length) : undefined);

/**
 * What one attempt proves. `done`: it has taken effect, by this attempt or an earlier one. `refused`: this attempt has not and will not.
 * `unknown`: it may have, or may yet.
 */
export type Proof = 'done' | 'refused' | 'unknown';

export function proofOf({ outcome }: Pick<Asked, 'outcome'>): Proof {
  if (outcome.kind === 'broken') return 'unknown';
  if (outcome.kind === 'answered') return outcome.status >= 200 && outcome.status < 300 ? 'done' : 'unknown';
  // Said only of what was done and answered before: the answer held a secret and was not kept.
  if (outcome.code === AnswerWithheld.code) return 'done';
  // Another attempt is under way, and this says nothing of how it ends.
  if (outcome.code === KeyInUse.code) return 'unknown';
  return outcome.status >= 400 && outcome.status < 500 ? 'refused' : 'unknown';
}

/** One command of one person: all its attempts, which share a key. */
export interface Command {
  readonly operation: string;
  readonly key: string;
  readonly attempts: readonly Asked[];
  readonly proof: Proof;
}

/** A key is its caller's own and stands for one operation. */
export const keyOf = ({ who, operation, key }: Asked): string | undefined => (key === undefined ? undefined : `${who} ${operation} ${key}`);

/** Of commands without a key nothing can be said but that each is one of its own; they are left out. */
export function commandsOf(history: readonly Entry[]): Command[] {
  const asked = history.filter((entry): entry is Asked => entry.kind === 'asked' && entry.command && entry.key !== undefined);
  return [...Map.groupBy(asked, keyOf).values()].map((attempts) => {
    const { operation, key } = attempts[0]!;
    return { operation, key: key!, attempts, proof: together(attempts) };
  });
}

/** Once is enough to be done; refused is what was refused every time, or by a rule once: its refusal is kept under the key. */
function together(attempts: readonly Asked[]): Proof {
  const proofs = attempts.map(proofOf);
  if (proofs.includes('done')) return 'done';
  return proofs.every((proof) => proof === 'refused') || attempts.some(refusedByRule) ? 'refused' : 'unknown';
}

/**
 * What a contract declares is refused by the handler, under the key: no attempt before it had an effect, or that one's answer would
 * have come, and none after it has. A gateway's 429 or an expired token says nothing of other attempts.
 */
export const refusedByRule = ({ operation, outcome }: Asked): boolean =>
  outcome.kind === 'refused' && outcome.status < 500 && (mela.operations.get(operation)?.refusals.some(({ code }) => code === outcome.code) ?? false);
