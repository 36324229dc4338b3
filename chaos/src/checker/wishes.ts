import { mela } from '@mela/contracts';
import type { Asked, Command, Rows } from '@mela/testkit/chaos';
import { nearby, wordsIn } from './nearby.ts';
import { add } from './groups.ts';

/**
 * Rows tell how often something was done, not under which key. So commands of one person that ask for the very same are judged
 * together: whoever joins twice is a member once, and the second join is refused because of the first.
 */
export type Wish = readonly Command[];

export type ByOperation = ReadonlyMap<string, readonly Command[]>;

export function wishesOf(commands: readonly Command[]): Wish[] {
  const wishes = new Map<string, Command[]>();
  for (const command of commands) {
    const { personId, input } = command.attempts[0]!;
    add(wishes, `${command.operation} ${personId ?? ''} ${JSON.stringify(input)}`, command);
  }
  return [...wishes.values()];
}

export interface Effect {
  readonly service: string;
  readonly rows: Rows;
  /** How many times it is in these rows. */
  readonly count: (asked: Asked, rows: Rows) => number;
  readonly forOneself: ReadonlySet<string>;
}

/** The attempt that says most: an answer may hold the id of what was made, and what is done has its key in what was noted of it. */
export const clearest = (wish: Wish): Asked => {
  const attempts = wish.flatMap((command) => command.attempts);
  return attempts.find(({ outcome }) => outcome.kind === 'answered') ?? wish.find(({ proof }) => proof === 'done')?.attempts[0] ?? attempts[0]!;
};

/** Where the few rows nearby leave a doubt, all of them are asked. */
export function timesOf(wish: Wish, { rows, count }: Effect, isRight: (times: number) => boolean): number {
  const asked = clearest(wish);
  const near = count(asked, around(asked, rows));
  return isRight(near) ? near : count(asked, rows);
}

const around = (asked: Asked, rows: Rows): Rows =>
  nearby(rows, wordsIn([asked.personId, asked.input, asked.outcome.kind === 'answered' ? asked.outcome.body : undefined]));

/**
 * Other commands whose effect may be taken for this one's. Of the same operation they count the same rows as theirs; of another
 * they say what this one says and speak of the same: a founder is a member without ever having joined.
 */
export function areExplained(extra: number, wish: Wish, commands: ByOperation, effect: Effect): boolean {
  let left = extra;
  for (const explains of [byOthers(wish, effect), bySame(wish, effect)])
    for (const [operation, others] of commands) {
      const judged = explains(operation);
      if (judged) for (const other of others) if (other.proof !== 'refused' && !wish.includes(other) && judged(other) && --left === 0) return true;
    }
  return false;
}

type Explains = (operation: string) => ((other: Command) => boolean) | undefined;

function byOthers(wish: Wish, { forOneself }: Effect): Explains {
  const asked = clearest(wish);
  return (operation) => (operation !== asked.operation && saysAll(operation, asked.operation) ? (other) => mayConcern(other, asked, forOneself) : undefined);
}

function bySame(wish: Wish, effect: Effect): Explains {
  const { operation: own } = clearest(wish);
  let counted: Rows | undefined;
  return (operation) => (operation === own ? (other) => effect.count(clearest([other]), (counted ??= countedRows(wish, effect))) > 0 : undefined);
}

/** Those that are counted when they are the only ones. */
function countedRows(wish: Wish, { rows, count }: Effect): Rows {
  const asked = clearest(wish);
  const near = around(asked, rows);
  const among = count(asked, near) === count(asked, rows) ? near : rows;
  const none = Object.fromEntries(Object.keys(rows).map((table) => [table, []]));
  return Object.fromEntries(Object.entries(among).map(([table, all]) => [table, all.filter((row) => count(asked, { ...none, [table]: [row] }) > 0)]));
}

function saysAll(one: string, other: string): boolean {
  const said = mela.operations.get(one)?.emits ?? [];
  const wanted = mela.operations.get(other)?.emits ?? [];
  return wanted.length > 0 && wanted.every((event) => said.includes(event));
}

/** What one does to oneself nobody else has done; with any other command they may have. */
function mayConcern({ operation, attempts }: Command, { personId, input }: Asked, forOneself: ReadonlySet<string>): boolean {
  const words = wordsIn(input);
  const { personId: whoever = '', input: said } = attempts[0]!;
  if (forOneself.has(operation) && whoever !== personId && !words.has(whoever)) return false;
  // A field means the same wherever it stands: of another community it is about something else.
  if (Object.keys(input).some((field) => field in said && said[field] !== input[field])) return false;
  const answers = attempts.flatMap(({ outcome }) => (outcome.kind === 'answered' ? [outcome.body] : []));
  return answers.length === 0 || [...wordsIn([said, answers])].some((word) => words.has(word));
}
