import { fact, readTraceparent } from '@mela/bus';
import type { SpanFolder } from '@mela/chassis';
import { Fault, usage } from '../fault.ts';
import { timelineOf, type Timeline } from './timeline.ts';

const EVENT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TRACE_ID = /^[0-9a-f]{4,32}$/;

/** By a trace's id or the beginning of one, by a traceparent, or by the id of an event that belongs to it. */
export async function findTrace(folder: SpanFolder, given: string): Promise<Timeline> {
  const wanted = given.trim().toLowerCase();
  const beginning = readTraceparent(wanted)?.traceId ?? (EVENT_ID.test(wanted) ? await traceOfEvent(folder, wanted) : wanted);
  if (!TRACE_ID.test(beginning))
    throw usage(`${given} is no id of a trace or an event`, 'An answer names its trace in the header `trace-id`, a problem in `traceId`. At least four characters of one will do; of an event’s id, all.');
  const spans = (await folder.read(`"trace":"${beginning}`)).filter(({ trace }) => trace.startsWith(beginning));
  const [first, ...others] = spans;
  if (first === undefined) throw unknown('trace', given, folder);
  const traces = [...new Set(spans.map(({ trace }) => trace))];
  if (traces.length > 1) throw new Fault('trace.ambiguous', `${traces.length} traces begin with ${beginning}.`, { hint: `Say more of it: ${traces.slice(0, 10).join(', ')}`, facts: { traces } });
  return timelineOf([first, ...others]);
}

async function traceOfEvent(folder: SpanFolder, id: string): Promise<string> {
  const told = (await folder.read(id)).find(({ facts }) => facts[fact.event] === id);
  if (told === undefined) throw unknown('event', id, folder);
  return told.trace;
}

const unknown = (what: 'trace' | 'event', id: string, { path }: SpanFolder): Fault =>
  new Fault('trace.unknown', `No ${what} ${id} is kept in ${path}.`, {
    hint: 'Only what happened here is, and only the latest of it; `mela trace` lists what there is. Is another instance meant? Name its folder with --data <folder>.',
  });
