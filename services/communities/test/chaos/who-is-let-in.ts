import { communities, mela, PostNotFound } from '@mela/contracts';
import { commandsOf, proofOf, type Asked, type Command, type Entry, type Evidence, type Invariant } from '@mela/testkit/chaos';

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
  name: 'whoever has left is let in no more',
  judge: ({ history }) => {
    const { departures, returns } = spansOf(history);
    return history.flatMap((entry) => {
      const pair = entry.kind === 'asked' && entry.outcome.kind === 'answered' ? pairOf(entry) : undefined;
      if (entry.kind !== 'asked' || pair === undefined) return [];
      const past = (departures.get(pair) ?? []).filter(({ until }) => until < entry.at);
      const back = returns.get(pair) ?? [];
      const out = past.find((departure) => !back.some(({ from, until }) => until >= departure.from && from <= entry.endedAt));
      return out ? [{ invariant: letInAfterLeaving.name, what: `${entry.who} was answered ${entry.operation} at ${entry.at} ms, and had left by ${out.until} ms`, about: [pair] }] : [];
    });
  },
};

/** Once somebody was answered that they belong to a community, nobody there says otherwise, unless they may have left since. */
export const membersAreLetIn: Invariant = {
  name: 'members are let in',
  judge: ({ history, services }) => {
    const { departures, returns } = spansOf(history);
    return history.flatMap((entry) => {
      const pair = entry.kind === 'asked' && isKeptOut(entry, services) ? pairOf(entry) : undefined;
      if (entry.kind !== 'asked' || pair === undefined) return [];
      const past = (returns.get(pair) ?? []).filter(({ until }) => until <= entry.at);
      const gone = departures.get(pair) ?? [];
      const since = past.find((one) => !gone.some(({ from, until }) => until >= one.from && from <= entry.endedAt));
      if (!since) return [];
      const { who, operation, at, outcome } = entry;
      const [communityId, personId] = pair.split(':');
      return [{ invariant: membersAreLetIn.name, what: `${who} was refused ${operation} at ${at} ms (${'code' in outcome ? outcome.code : ''}), and belongs to community ${communityId} since ${since.until} ms`, about: [communityId!, personId!] }];
    });
  },
};

/** What is for every member is refused to this one. A post that is elsewhere is not found by members either. */
function isKeptOut({ operation, outcome, input }: Asked, services: Evidence['services']): boolean {
  const access = mela.operations.get(operation)?.access;
  if (access?.rule !== 'member' || access.atLeast !== 'member' || outcome.kind !== 'refused' || (outcome.status !== 403 && outcome.status !== 404)) return false;
  const { post = [] } = services['communities']!.rows;
  return outcome.code !== PostNotFound.code || post.some(({ id, communityId }) => id === input['postId'] && communityId === input['communityId']);
}

/** Of an operation that is for members: who asked, and where. */
function pairOf({ operation, input, personId }: Asked): string | undefined {
  const access = mela.operations.get(operation)?.access;
  return access?.rule === 'member' ? `${String(input[access.of])}:${personId ?? ''}` : undefined;
}

function spansOf(history: readonly Entry[]): Record<'departures' | 'returns', Map<string, Span[]>> {
  const [departures, returns] = [new Map<string, Span[]>(), new Map<string, Span[]>()];
  for (const command of commandsOf(history)) {
    if (command.proof === 'refused') continue;
    const { personId, input } = command.attempts[0]!;
    const note = (spans: Map<string, Span[]>, communityId: unknown, userId: unknown) => {
      const pair = `${String(communityId)}:${String(userId)}`;
      spans.set(pair, [...(spans.get(pair) ?? []), spanOf(command)]);
    };
    if (command.operation === communities.create.id) note(returns, foundedBy(command), personId);
    if (command.operation === communities.join.id) note(returns, input['communityId'], personId);
    if (command.operation === communities.leave.id) note(departures, input['communityId'], personId);
    if (command.operation === communities.removeMember.id) note(departures, input['communityId'], input['userId']);
  }
  return { departures, returns };
}

/** Undefined where nobody was told: nobody asks anything of it then. */
function foundedBy({ attempts }: Command): unknown {
  const told = attempts.find(({ outcome }) => outcome.kind === 'answered')?.outcome;
  return told?.kind === 'answered' ? (told.body as { id: string }).id : undefined;
}

/** Of what was never answered nobody knows the end. */
const spanOf = ({ attempts }: Command): Span => {
  const answered = attempts.find((attempt) => proofOf(attempt) === 'done');
  return { from: attempts[0]!.at, until: answered?.endedAt ?? Number.POSITIVE_INFINITY };
};
