import type { Died, Entry, Struck, Violation } from '@mela/testkit/chaos';
import type { Judge } from './judge.ts';
import { faultId } from './recovery.ts';

const invariant = 'processes';

/** No process ends that nobody has ended, but to try its start again while something is down; one that is told to end does. */
export const processes: Judge = ({ history }) => [...history.flatMap((entry) => (entry.kind === 'died' ? died(entry, history) : [])), ...history.flatMap(disobeyed)];

function died({ role, at, how, wasReady }: Died, history: readonly Entry[]): Violation[] {
  const down = history.some((entry) => entry.kind === 'struck' && entry.at <= at && at <= (entry.recoveredAt ?? Number.POSITIVE_INFINITY));
  if (!wasReady && down) return [];
  return [{ invariant, what: `${role} ended by itself at ${at} ms (${how})${wasReady ? '' : ', before it was ready, and nothing was down'}`, about: [`${role}@${at}`] }];
}

const disobeyed = (entry: Entry): Violation[] =>
  entry.kind === 'struck' && entry.disobeyed !== undefined ? [{ invariant, what: `${entry.disobeyed}, at ${entry.at} ms`, about: [faultId(entry as Struck)] }] : [];
