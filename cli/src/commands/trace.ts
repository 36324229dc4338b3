import { SpanFolder, type Environment } from '@mela/chassis';
import type { Command } from 'commander';
import { begin, command, type Common } from '../command.ts';
import { readLayers } from '../environment.ts';
import { Fault } from '../fault.ts';
import type { Terminal } from '../terminal.ts';
import { findTrace } from '../trace/find.ts';
import { timelines, type Timeline } from '../trace/timeline.ts';
import { timelineInWords, tracesInWords } from '../trace/words.ts';

const LATEST = 20;

export const traceCommand = (terminal: Terminal): Command =>
  command('trace', 'Everything one request caused, on one timeline; without an id, the latest traces')
    .argument('[id]', 'a trace’s id as the header `trace-id` has it, the beginning of one, or an event’s id')
    .addHelpText('after', '\nrequest, asks, serves, sql, event, published, consumes, frames: each step stands below the one that caused it.')
    .action((id: string | undefined, options: Common) => trace(terminal, id, options));

async function trace(terminal: Terminal, id: string | undefined, options: Common): Promise<void> {
  const { say, folder } = begin(terminal, options);
  const { all } = await readLayers(terminal, [], folder);
  if (all['MELA_ENV'] === 'production') throw elsewhere(all, id);
  const spans = new SpanFolder(all['TRACE_FOLDER'] ?? folder.traces);
  if (id !== undefined) {
    const found = await findTrace(spans, id);
    return say.data(inJson(found), () => timelineInWords(say, found));
  }
  const latest = timelines(await spans.read()).slice(0, LATEST);
  say.data(latest.map(briefly), () => (latest.length === 0 ? `No trace is kept in ${spans.path} yet` : tracesInWords(say, latest)));
}

function elsewhere({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }: Environment, id: string | undefined): Fault {
  const where = endpoint !== undefined && URL.canParse(endpoint) ? `the collector at ${new URL(endpoint).origin} has them` : 'none are kept';
  return new Fault('trace.elsewhere', `In production no spans are kept on the machine: ${where}.`, {
    hint: endpoint === undefined ? 'Set OTEL_EXPORTER_OTLP_ENDPOINT to a collector’s address, and TRACE_RATIO to the share that it is to get.' : `Look there for ${id ?? 'the trace’s id, as the header `trace-id` has it'}.`,
  });
}

const inJson = ({ trace: id, beganAt, ms, moments, processes, faults }: Timeline) => ({
  trace: id, beganAt: new Date(beganAt).toISOString(), ms, processes, faults,
  steps: moments.map(({ span: { trace: _trace, at: _at, ...span }, depth, offset, service }) => ({ ...span, service, depth, offset })),
});

const briefly = ({ trace: id, beganAt, ms, moments, faults }: Timeline) => {
  const { step, name } = moments[0]!.span;
  return { trace: id, beganAt: new Date(beganAt).toISOString(), ms, step, name, steps: moments.length, faults };
};
