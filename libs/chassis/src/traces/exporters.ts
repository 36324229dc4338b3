import type { SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { Logger } from 'pino';
import type { SpanFolder } from './span-folder.ts';
import { storedSpan } from './stored-span.ts';

type Spans = Parameters<SpanExporter['export']>[0];
type Done = Parameters<SpanExporter['export']>[1];
const HANDED_OVER = 0;
const LOST = 1;

/** To the folder of a development instance, one batch after the other. At the end the processor waits for this and for no batch of its own. */
export function toFolder(folder: SpanFolder, pid: number): SpanExporter {
  let last = Promise.resolve();
  return {
    export: (spans, done) => void (last = last.then(() => keep(folder, pid, spans, done))),
    shutdown: () => last,
  };
}

async function keep(folder: SpanFolder, pid: number, spans: Spans, done: Done): Promise<void> {
  let fault: Error | undefined;
  try {
    await folder.append(spans.map((span) => storedSpan(span, pid)));
  } catch (thrown) {
    fault = thrown as Error;
  }
  done(fault ? { code: LOST, error: fault } : { code: HANDED_OVER });
}

/** Nobody's request fails because its spans find no place. That they do not is said once, and once when they do again. */
export function outspoken(exporter: SpanExporter, whereto: string, log: Logger): SpanExporter {
  let losing = false;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const lost = result.code !== (HANDED_OVER as number);
        if (lost && !losing) log.warn({ whereto, reason: result.error?.message }, 'Spans are lost: they cannot be handed over');
        if (!lost && losing) log.info({ whereto }, 'Spans are handed over again');
        losing = lost;
        done(result);
      }),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.shutdown(),
  };
}
