import { identity } from '@mela/contracts';
import { commandsOf, proofOf, type Command, type Entry } from '@mela/testkit/chaos';

/** When a command may have taken effect: not before `from`, and not after `until`. */
export interface Span {
  readonly command: Command;
  readonly from: number;
  readonly until: number;
}

/** Of what was never answered nobody knows the end. */
export function spanOf(command: Command): Span {
  const answered = command.attempts.find((attempt) => proofOf(attempt) === 'done');
  return { command, from: command.attempts[0]!.at, until: answered?.endedAt ?? Number.POSITIVE_INFINITY };
}

/** Those that have, or may have, taken effect. */
export const spansOf = (history: readonly Entry[], ...operations: readonly { readonly id: string }[]): Span[] =>
  commandsOf(history).filter(({ operation, proof }) => proof !== 'refused' && operations.some(({ id }) => id === operation)).map(spanOf);

export const opening = [identity.register, identity.signIn, identity.signInWithCode, identity.finishOutside, identity.refresh] as const;

/** Who and in which session, where an answer told it. */
export function openedBy({ attempts }: Command): { readonly personId: string; readonly sessionId: string } | undefined {
  const told = attempts.find(({ outcome }) => outcome.kind === 'answered')?.outcome;
  const body = told?.kind === 'answered' ? (told.body as { person?: { id: string }; sessionId?: string }) : undefined;
  return body?.person && body.sessionId !== undefined ? { personId: body.person.id, sessionId: body.sessionId } : undefined;
}
