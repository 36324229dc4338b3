import { identity } from '@mela/contracts';
import type { Asked, Command, Entry, Invariant } from '@mela/testkit/chaos';
import { numberOf } from './account.ts';
import { openedBy, opening, spansOf, type Span } from './spans.ts';

const taken = 'a young token is taken';
const givesTokens: ReadonlySet<string> = new Set(opening.map(({ id }) => id));
/** Access tokens live half an hour, and clocks are wrong by five minutes at most. */
const YOUNG_MS = 20 * 60_000;

/** Whoever was given a token a while ago is not told that they are nobody, unless something may have ended their session. */
export const falselyRefused: Invariant = {
  name: taken,
  judge: ({ history }) => {
    const ends = spansOf(history, identity.endSession, identity.changePassword, identity.resetPassword, identity.confirmEmail, identity.deactivate, identity.delete, identity.suspend);
    const given = new Map<string, number>();
    return history
      .filter((entry): entry is Asked => entry.kind === 'asked')
      .toSorted((a, b) => a.endedAt - b.endedAt)
      .flatMap((asked) => {
        note(asked, given);
        const { operation, outcome, who, personId, sessionId, at, endedAt } = asked;
        if (personId === undefined || outcome.kind !== 'refused' || outcome.status !== 401 || givesTokens.has(operation)) return [];
        const since = given.get(sessionId ?? '');
        if (since === undefined || at - since > YOUNG_MS || ends.some((span) => span.from <= endedAt && mayEnd(span, asked))) return [];
        return [{ invariant: taken, what: `${operation} of ${who} at ${at} ms was refused with 401 ${outcome.code}, and their token is of ${since} ms`, about: [personId, who] }];
      });
  },
};

function note({ operation, outcome, endedAt }: Asked, given: Map<string, number>): void {
  if (outcome.kind !== 'answered' || !givesTokens.has(operation)) return;
  const { sessionId } = outcome.body as { sessionId?: string };
  if (sessionId !== undefined) given.set(sessionId, endedAt);
}

function mayEnd({ command: { operation, attempts } }: Span, { who, personId, sessionId }: Asked): boolean {
  const { who: by, personId: whoever, sessionId: asking, input } = attempts[0]!;
  if (operation === identity.endSession.id) return input['sessionId'] === sessionId;
  if (operation === identity.suspend.id) return input['personId'] === personId;
  if (operation === identity.changePassword.id) return whoever === personId && asking !== sessionId;
  // Whoever has the link is asked for nothing else: each follows their own.
  return whoever === undefined ? by === who : whoever === personId;
}

const ended = 'another password ends what was opened with the one before';

/** Also where it was being opened at that moment. The session that changes it goes on. */
export const endedByAnotherPassword: Invariant = {
  name: ended,
  judge: ({ history, services }) => {
    const alive = new Set((services['identity']!.rows['session'] ?? []).filter(({ revoked }) => revoked === false).map(({ id }) => id));
    const changes = spansOf(history, identity.changePassword, identity.resetPassword).filter(({ command }) => command.proof === 'done');
    return openedWithPasswords(history).flatMap(({ command, number, sessionId }) => {
      const { who, at } = command.attempts[0]!;
      const change = changes.find(({ command: { attempts: [first] } }) => first!.who === who && first!.sessionId !== sessionId && numberOf(first!.input['newPassword'])! > number);
      if (!change || !alive.has(sessionId)) return [];
      return [{ invariant: ended, what: `The session ${sessionId}, which ${who} opened at ${at} ms, is alive, and the password that it was opened with was replaced by ${change.until} ms`, about: [sessionId, command.key, change.command.key] }];
    });
  },
};

function openedWithPasswords(history: readonly Entry[]): { readonly command: Command; readonly number: number; readonly sessionId: string }[] {
  return spansOf(history, identity.register, identity.signIn).flatMap(({ command }) => {
    const [number, opened] = [numberOf(command.attempts[0]!.input['password']), openedBy(command)];
    return number === undefined || !opened ? [] : [{ command, number, sessionId: opened.sessionId }];
  });
}
