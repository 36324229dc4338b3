import { communities, CommunityCreated, MemberJoined, MemberLeft, type DataOf } from '@mela/contracts';
import { commandsOf, type Entry, type Evidence, type Invariant, type StreamEvent, type Violation } from '@mela/testkit/chaos';

/** Each event once, however often it lies in the stream. */
const told = (stream: readonly StreamEvent[], type: string): StreamEvent[] =>
  [...new Map(stream.filter((event) => event.type === type).map((event) => [event.id, event])).values()];

const pairOf = ({ communityId, userId }: Readonly<Record<string, unknown>>): string => `${String(communityId)}:${String(userId)}`;

/** Nobody joins who is a member, and nobody leaves who is none: odd versions joined, even ones left. */
export const inTurn: Invariant = {
  name: 'people come and go in turn',
  judge: ({ stream, services }) => {
    const complain = (what: string, pair: string): Violation => ({ invariant: 'people come and go in turn', what, about: [pair] });
    const wrong = [[MemberJoined.type, 1], [MemberLeft.type, 0]] as const;
    return [
      ...wrong.flatMap(([type, rest]) => told(stream, type).filter(({ version }) => version % 2 !== rest).map(({ aggregate, version }) => complain(`Version ${version} of the membership ${aggregate} is a ${type}`, aggregate))),
      ...(services['communities']!.rows['membership'] ?? [])
        .filter(({ role, version }) => (role === null) !== (Number(version) % 2 === 0))
        .map((row) => complain(`The membership ${pairOf(row)} is at version ${Number(row['version'])} with the role ${String(row['role'])}`, pairOf(row))),
    ];
  },
};

interface Asks {
  readonly done: number;
  readonly unknown: number;
}

/** Everybody comes and goes as often as it was asked for, and as often as it was answered: no turn is lost, doubled or made up. */
export const unasked: Invariant = {
  name: 'nobody comes or goes unasked',
  judge: ({ history, stream }) => {
    const [asks, turns] = [asksFor(history), turnsIn(stream)];
    return [...new Set([...asks.keys(), ...turns.keys()])].flatMap((turn) => {
      const { done, unknown } = asks.get(turn) ?? { done: 0, unknown: 0 };
      const times = turns.get(turn) ?? 0;
      if (times >= done && times <= done + unknown) return [];
      return [{ invariant: 'nobody comes or goes unasked', what: `${turn}: the stream has it ${times} times, it was answered ${done} times, and ${unknown} times nobody knows`, about: [turn.split(' ')[0]!] }];
    });
  },
};

const joined = (pair: string): string => `${pair} joined`;
const left = (pair: string, removedBy: unknown): string => (removedBy === null ? `${pair} left` : `${pair} was removed by ${String(removedBy)}`);

function asksFor(history: readonly Entry[]): Map<string, Asks> {
  const asks = new Map<string, Asks>();
  for (const { operation, attempts, proof } of commandsOf(history)) {
    const { personId, input } = attempts[0]!;
    const own = pairOf({ ...input, userId: personId });
    const turn = { [communities.join.id]: joined(own), [communities.leave.id]: left(own, null), [communities.removeMember.id]: left(pairOf(input), personId) }[operation];
    if (turn === undefined || proof === 'refused') continue;
    const { done, unknown } = asks.get(turn) ?? { done: 0, unknown: 0 };
    asks.set(turn, proof === 'done' ? { done: done + 1, unknown } : { done, unknown: unknown + 1 });
  }
  return asks;
}

/** Founders are members without having joined. */
function turnsIn(stream: readonly StreamEvent[]): Map<string, number> {
  const turns = new Map<string, number>();
  const count = (turn: string) => turns.set(turn, (turns.get(turn) ?? 0) + 1);
  const founders = new Set(told(stream, CommunityCreated.type).map(({ data }) => pairOf({ ...data, userId: data['founderId'] })));
  for (const { aggregate, version } of told(stream, MemberJoined.type)) if (version > 1 || !founders.has(aggregate)) count(joined(aggregate));
  for (const { aggregate, data } of told(stream, MemberLeft.type)) count(left(aggregate, data['removedBy']));
  return turns;
}

/** Nobody here is ever promoted: who may remove others is the founder. */
export const outranked: Invariant = {
  name: 'only founders remove others',
  judge: ({ stream, services }: Evidence) => {
    const owners = new Set((services['communities']!.rows['membership'] ?? []).filter(({ role }) => role === 'owner').map(pairOf));
    return told(stream, MemberLeft.type).flatMap(({ aggregate, data }) => {
      const { communityId, userId, removedBy } = data as DataOf<typeof MemberLeft>;
      const rightly = removedBy === null ? !owners.has(aggregate) : removedBy !== userId && owners.has(pairOf({ communityId, userId: removedBy }));
      return rightly ? [] : [{ invariant: 'only founders remove others', what: `${aggregate} left, removed by ${String(removedBy)}`, about: [aggregate] }];
    });
  },
};
