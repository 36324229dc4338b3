import type { SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { Logger } from 'pino';

export type Losses = (fault: Error | undefined) => void;

/** Nobody's request fails because its spans find no place. That they do not is said once, and once when they do again. */
export function losses(whereto: string, log: Logger): Losses {
  let losing = false;
  return (fault) => {
    if (fault && !losing) log.warn({ whereto, reason: fault.message }, 'Spans are lost: they cannot be handed over');
    if (!fault && losing) log.info({ whereto }, 'Spans are handed over again');
    losing = fault !== undefined;
  };
}

export const telling = (exporter: SpanExporter, tell: Losses): SpanExporter => ({
  export: (spans, done) =>
    exporter.export(spans, (result) => {
      tell(result.code === 0 ? undefined : (result.error ?? new Error('They were refused')));
      done(result);
    }),
  forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  shutdown: () => exporter.shutdown(),
});
