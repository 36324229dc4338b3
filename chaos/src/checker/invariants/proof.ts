import { commandsOf, type Evidence, type Struck, type Violation } from '@mela/testkit/chaos';
import { screenCountsOf } from '../screens/screen-counts.ts';
import { indexOf } from '../stream-index.ts';
import type { Judge, Least } from './judge.ts';
import { faultId } from './recovery.ts';

const invariant = 'proof';

const inWords: Readonly<Record<keyof Least, string>> = {
  strikes: 'faults struck',
  acknowledged: 'commands were acknowledged',
  heard: 'events were heard on screens',
  screens: 'screens were ever live',
  resumes: 'topics went on where they were after a line had ended',
  revised: 'aggregates were changed after they were made',
};

/** A run in which nothing was struck, done or heard says nothing of Mela, and is not to look as if it did. */
export const proof: Judge = (evidence, _workloads, { least, missesAtMost }) => [...tooLittle(evidence, least), ...neverStruck(evidence, missesAtMost)];

function tooLittle({ history, stream }: Evidence, least: Least): Violation[] {
  const { live, resumes } = screenCountsOf(history);
  const there: Least = {
    strikes: history.filter((entry) => entry.kind === 'struck' && entry.missed === undefined).length,
    acknowledged: commandsOf(history).filter((command) => command.proof === 'done').length,
    heard: history.filter(({ kind }) => kind === 'heard').length,
    screens: live,
    resumes: Object.values(resumes).reduce((sum, times) => sum + times, 0),
    revised: [...indexOf(stream).told.values()].filter((events) => events.some(({ version }) => version > 1)).length,
  };
  return (Object.keys(least) as (keyof Least)[])
    .filter((what) => there[what] < least[what])
    .map((what): Violation => ({ invariant, what: `The run proves nothing: ${there[what]} ${inWords[what]}, and at least ${least[what]} had to be`, about: [] }));
}

function neverStruck({ history }: Evidence, missesAtMost: number): Violation[] {
  const tried = Map.groupBy(history.filter((entry): entry is Struck => entry.kind === 'struck'), ({ fault }) => fault);
  return [...tried]
    .filter(([, tries]) => tries.length > missesAtMost && tries.every(({ missed }) => missed !== undefined))
    .map(([fault, tries]) => ({ invariant, what: `"${fault}" never struck: it was tried ${tries.length} times, and at last ${tries.at(-1)!.missed}`, about: tries.map(faultId) }));
}
