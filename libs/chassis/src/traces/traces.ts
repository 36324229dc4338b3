import type { Logger } from 'pino';
import type { ProcessSettings } from '../settings/process-settings.ts';

export type TraceSettings = Pick<ProcessSettings, 'MELA_ENV' | 'TRACE_FOLDER' | 'TRACE_RATIO' | 'OTEL_EXPORTER_OTLP_ENDPOINT' | 'OTEL_EXPORTER_OTLP_HEADERS'>;

export interface Traces {
  /** Hands over what is left, for a short while. */
  close(): Promise<void>;
}

const RATIO = { development: 1, production: 0.05 } as const;

/** Records this process's spans where the settings say. Where they say nothing, nothing is recorded and nothing loaded. */
export async function openTraces(settings: TraceSettings, targets: readonly string[], log: Logger): Promise<Traces> {
  const ratio = settings.TRACE_RATIO ?? RATIO[settings.MELA_ENV];
  const somewhere = settings.TRACE_FOLDER ?? settings.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (ratio === 0 || somewhere === undefined) return { close: () => Promise.resolve() };
  const { record } = await import('./recording.ts');
  return record({ ...settings, ratio, log, service: targets.length === 1 ? targets[0]! : 'mela' });
}
