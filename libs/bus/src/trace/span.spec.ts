import { afterEach, describe, expect, it } from 'vitest';
import { keepSpans } from '../../test/recorded-spans.ts';
import { continueTrace } from '../context.ts';
import { fact } from './facts.ts';
import { beginSpan, during, enterTrace } from './span.ts';
import { readTraceparent } from './traceparent.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const kept = `00-${TRACE}-00f067aa0ba902b7-01`;
const notKept = `00-${TRACE}-00f067aa0ba902b7-00`;

let keeping: ReturnType<typeof keepSpans> | undefined;
const keep = (ratio?: number) => (keeping = keepSpans(ratio));
afterEach(() => {
  keeping?.stop();
  keeping = undefined;
});

describe('where nothing is recorded', () => {
  it('there are no spans', () => {
    expect(beginSpan('sql', 'SELECT', kept)).toBeUndefined();
    expect(enterTrace('request', 'GET', kept, 'outside')).toBeUndefined();
  });

  it.each([kept, notKept])('a trace goes on as it came: %s', (traceparent) => {
    const { spanId, ...trace } = readTraceparent(continueTrace(traceparent))!;
    const { spanId: before, ...incoming } = readTraceparent(traceparent)!;
    expect(trace).toEqual(incoming);
    expect(spanId).not.toBe(before);
  });

  it.each([undefined, '', 'garbage', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, `00-${TRACE}-${'0'.repeat(16)}-01`])('a trace that begins (%j) says that nobody keeps it', (incoming) => {
    expect(continueTrace(incoming)).toMatch(/^00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(continueTrace(incoming)).not.toContain(TRACE);
  });
});

describe('a span', () => {
  it('stands below the one that it continues, and is continued in turn', () => {
    const { spans } = keep();
    const request = enterTrace('request', 'HTTP', undefined, 'outside')!;
    const asks = beginSpan('asks', 'svc.notes.write', request.traceparent, { [fact.operation]: 'notes.write' })!;
    asks.note({ [fact.status]: 200 }).end();
    request.called('POST /notes').end();
    const [below, above] = spans();
    expect(above).toMatchObject({ step: 'request', name: 'POST /notes', parent: undefined });
    expect(below).toMatchObject({ step: 'asks', trace: above!.trace, parent: above!.id, facts: { [fact.operation]: 'notes.write', [fact.status]: 200 } });
  });

  it('belongs to a trace, or is none', () => {
    const { spans } = keep();
    expect(beginSpan('sql', 'SELECT', undefined)).toBeUndefined();
    expect(beginSpan('sql', 'SELECT', 'garbage')).toBeUndefined();
    expect(spans()).toEqual([]);
  });

  it('that never ends is never told of', () => {
    const { spans } = keep();
    beginSpan('event', 'note.written', kept);
    expect(spans()).toEqual([]);
  });

  it('tells the kind of a fault, and nothing of its words', async () => {
    const { spans } = keep();
    const fault = Object.assign(new TypeError('invalid input: "asha@example.org"'), { code: '22P02', detail: 'Key (email)=(asha@example.org)' });
    await expect(during(beginSpan('sql', 'SELECT', kept)!, () => Promise.reject(fault))).rejects.toBe(fault);
    expect(spans()).toMatchObject([{ facts: { [fact.fault]: 'TypeError 22P02' } }]);
    expect(JSON.stringify(spans())).not.toContain('asha');
  });
});

describe('what is kept', () => {
  it('was decided where the trace began, for all of it', () => {
    const { spans } = keep(0);
    expect(beginSpan('sql', 'SELECT', notKept)).toBeUndefined();
    expect(enterTrace('serves', 'notes.write', notKept, 'ourselves')).toBeUndefined();
    enterTrace('serves', 'notes.write', kept, 'ourselves')!.end();
    expect(spans()).toMatchObject([{ trace: TRACE, parent: '00f067aa0ba902b7' }]);
  });

  it('is not for a client to say: its trace goes on, its flag does not', () => {
    const none = keep(0);
    const refused = enterTrace('request', 'HTTP', kept, 'outside')!;
    refused.end();
    expect(refused.traceparent).toMatch(new RegExp(`^00-${TRACE}-(?!00f067aa0ba902b7)[0-9a-f]{16}-00$`));
    expect(none.spans()).toEqual([]);
    const all = keep(1);
    enterTrace('request', 'HTTP', notKept, 'outside')!.end();
    expect(all.spans()).toMatchObject([{ trace: TRACE, parent: '00f067aa0ba902b7' }]);
  });

  it('is the share that was asked for, of traces that begin anywhere', () => {
    keep(0.25);
    const flags = Array.from({ length: 4_000 }, () => continueTrace(undefined).slice(-2));
    const share = flags.filter((flag) => flag === '01').length / flags.length;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.3);
  });
});
