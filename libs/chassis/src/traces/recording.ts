import { hostname } from 'node:os';
import { recordSpans } from '@mela/bus';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, ParentBasedSampler, SamplingDecision, TraceIdRatioBasedSampler, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Logger } from 'pino';
import { losses, telling } from './losses.ts';
import { SpanFolder } from './span-folder.ts';
import { SpanKeeper } from './span-keeper.ts';
import type { Traces, TraceSettings } from './traces.ts';

const TO_COLLECTOR = { scheduledDelayMillis: 2_000, maxQueueSize: 8_192, maxExportBatchSize: 512, exportTimeoutMillis: 10_000 };
/** A collector that is away keeps no process from ending. */
const FAREWELL_MS = 2_000;

interface Recording extends TraceSettings {
  readonly ratio: number;
  /** What this process is called where spans of many come together. */
  readonly service: string;
  readonly log: Logger;
}

export async function record(recording: Recording): Promise<Traces> {
  const sampler = new TraceIdRatioBasedSampler(recording.ratio);
  const provider = new BasicTracerProvider({
    // A trace is kept whole or not at all: where it goes on, the flag of its beginning holds. A remote parent is somebody outside,
    // and does not decide what is kept here.
    sampler: new ParentBasedSampler({ root: sampler, remoteParentSampled: sampler, remoteParentNotSampled: sampler }),
    resource: resourceFromAttributes({ 'service.name': recording.service, 'service.namespace': 'mela', 'service.instance.id': `${hostname()}-${process.pid}` }),
    spanProcessors: await processors(recording),
  });
  const forget = recordSpans({
    tracer: provider.getTracer('mela'),
    keeps: (traceId) => sampler.shouldSample(ROOT_CONTEXT, traceId).decision === SamplingDecision.RECORD_AND_SAMPLED,
  });
  return {
    close: async () => {
      forget();
      let timer: NodeJS.Timeout | undefined;
      const enough = new Promise<void>((resolve) => (timer = setTimeout(resolve, FAREWELL_MS)));
      await Promise.race([provider.shutdown().catch(() => undefined), enough]);
      clearTimeout(timer);
    },
  };
}

async function processors({ TRACE_FOLDER: folder, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: headers = {}, log }: Recording): Promise<SpanProcessor[]> {
  const found: SpanProcessor[] = [];
  if (folder !== undefined) found.push(new SpanKeeper(new SpanFolder(folder), losses(folder, log)));
  if (endpoint !== undefined) {
    const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
    const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces`, headers, timeoutMillis: TO_COLLECTOR.exportTimeoutMillis });
    found.push(new BatchSpanProcessor(telling(exporter, losses(new URL(endpoint).host, log)), TO_COLLECTOR));
  }
  return found;
}
