import type { Evidence, Violation, Workload } from '@mela/testkit/chaos';
import type { Counts, Ending } from './counts.ts';
import { violationsOf } from './judges.ts';
import { Mentions } from './story/mentions.ts';
import { shortestStory, type Story } from './shortest.ts';
import type { Verdict } from './verdict.ts';
import { eventLineOf, lineOf, seconds } from './lines.ts';

interface Judged {
  readonly verdict: Verdict;
  readonly evidence: Evidence;
  /** Faults that this machine does not allow, and why. */
  readonly leftOut: Readonly<Record<string, string>>;
}

/** How the run was started: with this it can be started again. */
interface Started extends Asked {
  readonly workloads: readonly Workload[];
}

/** What it was asked, and the seed that was drawn where none was given. */
export interface Asked {
  readonly seed: string;
  readonly roles: string;
  readonly minutes: number;
  readonly people: number;
  readonly screens: number;
  /** The words, not the faults that they stand for. */
  readonly only?: readonly string[] | undefined;
  readonly strikes?: number | undefined;
  readonly plant?: string | undefined;
}

const TOLD = 10;

/** In plain text, for whoever reads the log of the run. */
export function report(judged: Judged, started: Started): string {
  const { verdict, leftOut } = judged;
  const { seed, roles, minutes, workloads } = started;
  const head = [`Seed ${seed}, shape ${roles}, ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`, '', ...counted(verdict.counts, leftOut), ''];
  if (verdict.violations.length === 0) return [...head, 'Nothing was lost, doubled or made up.', ''].join('\n');
  return [...head, ...told(judged, workloads), 'To run it again:', `  npm run chaos -- ${again(started)}`, ''].join('\n');
}

/** To be copied as it is. */
function again({ minutes, seed, roles, people, screens, only, strikes, plant }: Asked): string {
  const options = { minutes, seed, roles, people, screens, only, strikes, plant };
  const words = Object.entries(options).flatMap(([name, given]) => (given === undefined ? [] : [`--${name}`, ...[given].flat().map((value) => quoted(String(value)))]));
  return words.join(' ');
}

const quoted = (value: string): string => (/^[\w./:@%+=,-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`);

const endings: Readonly<Record<Ending, string>> = { answered: 'answered', refused: 'refused', unavailable: '503 or 504', failed: 'failed otherwise', broken: 'without an answer' };

function counted(counts: Counts, leftOut: Judged['leftOut']): string[] {
  const { people, asks, acknowledged, events, highestVersion, repeats, heard, mails, screens, faults, misses, recoveries, longestRecovery, slowest } = counts;
  const total = Object.values(asks).reduce((sum, count) => sum + count, 0);
  const rows: [string, string][] = [
    ['people', `${people}`],
    ['attempts', `${total}: ${(Object.keys(endings) as Ending[]).map((ending) => `${asks[ending]} ${endings[ending]}`).join(', ')}`],
    ['commands', `${acknowledged} acknowledged`],
    ['events', `${events}, and ${repeats} repeated deliveries; versions up to ${highestVersion}`],
    ['screens', `${screens.live} live; heard ${heard} times; ${screens.broken} lines broke; ${timesIn(screens.resumes)} topics went on${byWay(screens.resumes)}, ${screens.holes} were read anew${screens.longestAway ? `; the longest away were ${seconds(screens.longestAway.ms)}, screen ${screens.longestAway.screen} of ${screens.longestAway.who}` : ''}`],
    ['mails', `${mails} came`],
    ['faults', listed(faults)],
    ['missed', listed(misses)],
    ['left out', under(Object.keys(leftOut).length, Object.entries(leftOut).map(([fault, why]) => `${fault}: ${why}`))],
    ['recoveries', `${recoveries}${longestRecovery ? `; the longest took ${seconds(longestRecovery.ms)}, from ${longestRecovery.fault}` : ''}`],
    ['slowest', slowest ? `${seconds(slowest.ms)}, ${slowest.operation} of ${slowest.who}` : 'no answer at all'],
  ];
  return rows.map(([name, value]) => `  ${name.padEnd(12)}${value}`);
}

const timesIn = (times: Readonly<Record<string, number>>): number => Object.values(times).reduce((sum, count) => sum + count, 0);

const byWay = (resumes: Readonly<Record<string, number>>): string => {
  const ways = Object.entries(resumes).map(([way, count]) => `${count} by ${way}`);
  return ways.length === 0 ? '' : ` (${ways.join(', ')})`;
};

const listed = (times: Readonly<Record<string, number>>): string =>
  under(timesIn(times), Object.entries(times).map(([fault, count]) => `${count} × ${fault}`));

const under = (sum: number, lines: readonly string[]): string => [`${sum}`, ...lines].join('\n              ');

function told({ verdict, evidence }: Judged, workloads: readonly Workload[]): string[] {
  const { violations, limits } = verdict;
  const groups = Map.groupBy(violations, ({ invariant }) => invariant);
  const chosen = new Set(inTurns([...groups.values()]).slice(0, TOLD));
  const mentions = new Mentions(evidence.history, [...chosen].flatMap(({ about }) => about));
  const lines = [`${violations.length} ${violations.length === 1 ? 'violation' : 'violations'}, ${chosen.size} of them told here.`, ''];
  for (const [invariant, all] of groups) {
    lines.push(`${invariant}: ${all.length}`);
    for (const violation of all.filter((one) => chosen.has(one)))
      lines.push(...paragraph(violation, shortestStory(violation, evidence, mentions, (part) => violationsOf(part, workloads, limits, invariant))));
  }
  return lines;
}

/** The first of each invariant, then the second of each. */
function inTurns(groups: readonly (readonly Violation[])[]): Violation[] {
  const longest = Math.max(...groups.map(({ length }) => length));
  return Array.from({ length: longest }, (_, turn) => groups.flatMap((group) => group[turn] ?? [])).flat();
}

const paragraph = ({ what }: Violation, { entries, events, leftOut }: Story): string[] => [
  `  ${what}`,
  ...[...entries.map(lineOf), ...events.map(eventLineOf), ...(leftOut > 0 ? [`              and ${leftOut} more lines about the same`] : [])].map((line) => `    ${line}`),
  '',
];
