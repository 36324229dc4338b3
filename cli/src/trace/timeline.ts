import type { StoredSpan } from '@mela/chassis';

/** One step, at its place in the tree of those that caused it. */
export interface Moment {
  readonly span: StoredSpan;
  readonly depth: number;
  /** Milliseconds since the trace began. */
  readonly offset: number;
  /** Its own, or that of the nearest step above that names one. */
  readonly service: string;
}

export interface Timeline {
  readonly trace: string;
  /** Epoch milliseconds. */
  readonly beganAt: number;
  /** Until the last step ended, however long after the answer. */
  readonly ms: number;
  readonly moments: readonly Moment[];
  readonly processes: readonly number[];
  readonly faults: number;
}

/** The spans of one trace, each below the one that caused it, in the order in which they began. One whose cause is not kept stands for itself. */
export function timelineOf(spans: readonly [StoredSpan, ...StoredSpan[]]): Timeline {
  const inOrder = [...spans].sort((a, b) => a.at - b.at);
  const known = new Set(spans.map(({ id }) => id));
  const below = new Map<string | undefined, StoredSpan[]>();
  for (const span of inOrder) {
    const cause = span.parent !== undefined && known.has(span.parent) ? span.parent : undefined;
    below.set(cause, [...(below.get(cause) ?? []), span]);
  }
  const beganAt = inOrder[0]!.at;
  const moments: Moment[] = [];
  const tell = (cause: string | undefined, depth: number, inherited: string) => {
    for (const span of below.get(cause) ?? []) {
      const service = span.service ?? inherited;
      moments.push({ span, depth, offset: span.at - beganAt, service });
      tell(span.id, depth + 1, service);
    }
  };
  tell(undefined, 0, '');
  return {
    trace: spans[0].trace,
    beganAt,
    ms: Math.max(...spans.map(({ at, ms }) => at + ms)) - beganAt,
    moments,
    processes: [...new Set(inOrder.map(({ pid }) => pid))],
    faults: spans.filter(({ fault }) => fault !== undefined).length,
  };
}

/** Of each trace among these its timeline, the latest first. */
export function timelines(spans: readonly StoredSpan[]): Timeline[] {
  const traces = Map.groupBy(spans, ({ trace }) => trace);
  return [...traces.values()].map((found) => timelineOf(found as [StoredSpan, ...StoredSpan[]])).sort((a, b) => b.beganAt - a.beganAt);
}
