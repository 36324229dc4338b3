import { fact } from '@mela/bus';
import type { Say } from '../say.ts';
import { table } from '../say.ts';
import type { Moment, Timeline } from './timeline.ts';

/** For people: when, how long, where, and what, each step below its cause. */
export function timelineInWords(say: Say, timeline: Timeline): string {
  const { trace, beganAt, ms, moments, processes, faults } = timeline;
  const head = `${say.bold(trace)}  ${new Date(beganAt).toISOString()}  ${took(ms)} in all, ${counted(processes.length, 'process', 'processes')}${faults === 0 ? '' : `, ${say.red(counted(faults, 'fault', 'faults'))}`}`;
  const rows = moments.map((moment) => [right(moment.offset.toFixed(1), 9), right(took(moment.span.ms), 9), where(moment, processes.length > 1), what(say, moment)]);
  return [head, '', table([[right('ms', 9), right('took', 9), 'where', 'what'], ...rows])].join('\n');
}

/** The latest traces, a line each. */
export const tracesInWords = (say: Say, latest: readonly Timeline[]): string =>
  table(latest.map(({ trace, beganAt, ms, moments, faults }) => {
    const { span } = moments[0]!;
    const name = `${span.step} ${span.name}${answer(span.facts)}`;
    return [trace, new Date(beganAt).toISOString(), right(took(ms), 9), right(counted(moments.length, 'step', 'steps'), 10), faults === 0 ? name : say.red(name)];
  }));

const where = ({ service, span }: Moment, several: boolean): string => (several ? `${service} ${span.pid}` : service).trim();

function what(say: Say, { span, depth }: Moment): string {
  const line = `${'  '.repeat(depth)}${say.dim(span.step)}  ${nameOf(span)}${answer(span.facts)}${extra(span)}`;
  return span.fault === undefined ? line : `${line}  ${say.red(`failed: ${span.fault}`)}`;
}

const nameOf = ({ step, name, facts }: Moment['span']): string => (step === 'sql' ? String(facts[fact.statement]) : name);

const answer = (facts: Moment['span']['facts']): string => (facts[fact.status] === undefined ? '' : ` → ${String(facts[fact.status])}`);

function extra({ step, facts }: Moment['span']): string {
  if (step === 'event') return `  ${String(facts[fact.event])}`;
  if (step === 'published' && facts[fact.seq] !== undefined) return `  place ${String(facts[fact.seq])} in the stream`;
  if (step === 'consumes' && facts[fact.batch] !== undefined) return `  among ${String(facts[fact.batch])} at once`;
  if (step === 'frames') return `  to ${counted(Number(facts[fact.listeners]), 'listener', 'listeners')} of ${(facts[fact.topics] as string[]).join(', ')}`;
  return '';
}

const took = (ms: number): string => (ms < 1_000 ? `${ms.toFixed(1)} ms` : `${(ms / 1_000).toFixed(2)} s`);
const right = (text: string, width: number): string => text.padStart(width);
const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;
