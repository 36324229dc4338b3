import { ROOT_CONTEXT, SpanStatusCode, trace, type Attributes, type Span as Recorded, type SpanContext, type Tracer } from '@opentelemetry/api';
import { fact, faultKind, spanKind, type SpanStep } from './facts.ts';
import { instant } from './instant.ts';
import { isKept, readTraceparent, writeTraceparent } from './traceparent.ts';

/** Where spans go, and which traces are kept. */
export interface Recorder {
  readonly tracer: Tracer;
  /** Whether a trace with this id is kept, if it begins here. */
  keeps(traceId: string): boolean;
}

// One for the process, as its log is. Without one nothing is recorded, and what is traced goes on as if there were no spans.
let recorder: Recorder | undefined;

/** From now on spans are recorded, until the answered function is called. */
export function recordSpans(given: Recorder): () => void {
  recorder = given;
  return () => {
    if (recorder === given) recorder = undefined;
  };
}

export const keepsTrace = (traceId: string): boolean => recorder?.keeps(traceId) ?? false;

/** One step of a trace, from its beginning to its end. One that never ends is never told of. */
export class Span {
  /** What the steps below it continue. */
  readonly traceparent: string;

  constructor(private readonly recorded: Recorded) {
    this.traceparent = writeTraceparent(recorded.spanContext());
  }

  note(facts: Attributes): this {
    this.recorded.setAttributes(facts);
    return this;
  }

  /** Where it is known only in the end what it was. */
  called(name: string): this {
    this.recorded.updateName(name);
    return this;
  }

  end(fault?: unknown): void {
    if (fault !== undefined) {
      const kind = faultKind(fault);
      this.recorded.setAttribute(fact.fault, kind).setStatus({ code: SpanStatusCode.ERROR, message: kind });
    }
    this.recorded.end(instant());
  }
}

/** A step of the trace that its parent belongs to. Undefined where there is no such trace, or nobody keeps it. */
export function beginSpan(step: SpanStep, name: string, parent: string | undefined, facts?: Attributes): Span | undefined {
  if (!recorder || parent === undefined) return undefined;
  const known = readTraceparent(parent);
  return known && isKept(known) ? begin(recorder, step, name, known, facts) : undefined;
}

/**
 * The first step in this process of a trace that comes in, or of a new one. From outside only the trace's id is taken, not the word
 * that it is to be kept: what is kept costs us, not whoever asks. Undefined where nothing is recorded.
 */
export function enterTrace(step: SpanStep, name: string, incoming: string | undefined, from: 'ourselves' | 'outside', facts?: Attributes): Span | undefined {
  if (!recorder) return undefined;
  const known = readTraceparent(incoming);
  if (known && from === 'ourselves') return isKept(known) ? begin(recorder, step, name, known, facts) : undefined;
  return begin(recorder, step, name, known && { ...known, isRemote: true }, facts);
}

function begin({ tracer }: Recorder, step: SpanStep, name: string, parent: SpanContext | undefined, facts: Attributes | undefined): Span {
  const context = parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
  return new Span(tracer.startSpan(name, { kind: spanKind[step], startTime: instant(), attributes: { [fact.step]: step, ...facts } }, context));
}

/** The span ends with the work, well or ill. */
export async function during<R>(span: Span, work: () => Promise<R>): Promise<R> {
  try {
    const result = await work();
    span.end();
    return result;
  } catch (fault) {
    span.end(fault);
    throw fault;
  }
}
