import { communities, mela } from '@mela/contracts';
import { commandsOf, proofOf, type Asked, type Command, type Entry, type Invariant } from '@mela/testkit/chaos';

const name = 'whoever has left is let in no more';

/** When it may have taken effect: not before `from`, and not after `until`. */
interface Span {
  readonly from: number;
  readonly until: number;
}

/**
 * Once a departure was answered, nothing of the community is answered to whoever left, unless they may have come back. The service asks
 * its own table, so there is nothing that could trail.
 */
export const letInAfterLeaving: Invariant = {
  name,
  judge: ({ history }) => {
    const { departures, returns } = spansOf(history);
    return history.flatMap((entry) => {
      if (entry.kind !== 'asked' || entry.outcome.kind !== 'answered') return [];
      const pair = pairLetIn(entry);
      const past = (departures.get(pair ?? '') ?? []).filter(({ until }) => until < entry.at);
      const back = returns.get(pair ?? '') ?? [];
      const out = past.find((departure) => !back.some(({ from, until }) => until >= departure.from && from <= entry.endedAt));
      return pair === undefined || !out ? [] : [{ invariant: name, what: `${entry.who} was answered ${entry.operation} at ${entry.at} ms, and had left by ${out.until} ms`, about: [pair] }];
    });
  },
};

/** Of an operation that is for members: who was let in, and where. */
function pairLetIn({ operation, input, personId }: Asked): string | undefined {
  const access = mela.operations.get(operation)?.access;
  return access?.rule === 'member' ? `${String(input[access.of])}:${personId ?? ''}` : undefined;
}

function spansOf(history: readonly Entry[]): Record<'departures' | 'returns', Map<string, Span[]>> {
  const [departures, returns] = [new Map<string, Span[]>(), new Map<string, Span[]>()];
  const note = (spans: Map<string, Span[]>, pair: string, span: Span) => spans.set(pair, [...(spans.get(pair) ?? []), span]);
  for (const command of commandsOf(history)) {
    const { personId, input } = command.attempts[0]!;
    const pair = (userId: unknown) => `${String(input['communityId'])}:${String(userId)}`;
    const span = spanOf(command);
    if (command.operation === communities.join.id && command.proof !== 'refused') note(returns, pair(personId), span);
    if (command.operation === communities.leave.id && command.proof === 'done') note(departures, pair(personId), span);
    if (command.operation === communities.removeMember.id && command.proof === 'done') note(departures, pair(input['userId']), span);
  }
  return { departures, returns };
}

/** Of what was never answered nobody knows the end. */
const spanOf = ({ attempts }: Command): Span => {
  const answered = attempts.find((attempt) => proofOf(attempt) === 'done');
  return { from: attempts[0]!.at, until: answered?.endedAt ?? Number.POSITIVE_INFINITY };
};
