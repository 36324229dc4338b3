import { ROOT_CONTEXT } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, ParentBasedSampler, SamplingDecision, SimpleSpanProcessor, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace-base';
import { recordSpans } from '../src/trace/span.ts';
import { fact } from '../src/trace/facts.ts';

export interface RecordedSpan {
  readonly trace: string;
  readonly id: string;
  readonly parent: string | undefined;
  readonly step: string;
  readonly name: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Keeps what ends from now on, as a process with this share of its traces would. */
export function keepSpans(ratio = 1): { spans(): RecordedSpan[]; stop(): void } {
  const exporter = new InMemorySpanExporter();
  const sampler = new TraceIdRatioBasedSampler(ratio);
  const provider = new BasicTracerProvider({
    sampler: new ParentBasedSampler({ root: sampler, remoteParentSampled: sampler, remoteParentNotSampled: sampler }),
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  const keeps = (traceId: string) => sampler.shouldSample(ROOT_CONTEXT, traceId).decision === SamplingDecision.RECORD_AND_SAMPLED;
  const stop = recordSpans({ tracer: provider.getTracer('test'), keeps });
  return {
    stop,
    spans: () => exporter.getFinishedSpans().map((span) => {
      const { traceId, spanId } = span.spanContext();
      const { [fact.step]: step, ...facts } = span.attributes;
      return { trace: traceId, id: spanId, parent: span.parentSpanContext?.spanId, step: String(step), name: span.name, facts };
    }),
  };
}
