import { fact, type SpanStep } from '@mela/bus';
import type { Attributes } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';

/** A span as it is kept in a line of JSON. */
export interface StoredSpan {
  readonly trace: string;
  readonly id: string;
  readonly parent?: string;
  readonly step: SpanStep;
  readonly name: string;
  /** Undefined where its parent's is meant. */
  readonly service?: string;
  readonly pid: number;
  /** Epoch milliseconds, with fractions. */
  readonly at: number;
  readonly ms: number;
  readonly fault?: string;
  /** What else it tells, by the names of `fact`. */
  readonly facts: Attributes;
}

const APART = new Set<string>([fact.step, fact.service, fact.fault]);

export function storedSpan(span: ReadableSpan, pid: number): StoredSpan {
  const { attributes, name, parentSpanContext, startTime, duration } = span;
  const { traceId, spanId } = span.spanContext();
  const [service, fault] = [attributes[fact.service], attributes[fact.fault]];
  const facts: Attributes = {};
  for (const key in attributes) if (!APART.has(key)) facts[key] = attributes[key];
  return {
    trace: traceId,
    id: spanId,
    ...(parentSpanContext === undefined ? {} : { parent: parentSpanContext.spanId }),
    step: attributes[fact.step] as SpanStep,
    name,
    ...(typeof service === 'string' ? { service } : {}),
    pid,
    at: milliseconds(startTime),
    ms: milliseconds(duration),
    ...(typeof fault === 'string' ? { fault } : {}),
    facts,
  };
}

const milliseconds = ([seconds, nanoseconds]: readonly [number, number]): number => seconds * 1_000 + Math.round(nanoseconds / 1_000) / 1_000;
