import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fact } from '@mela/bus';
import { SpanFolder, type StoredSpan } from '@mela/chassis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PaperTerminal } from '../../test/paper-terminal.ts';
import { mela } from '../mela.ts';

const POST = '4bf92f3577b34da6a3ce929d0e0e4736';
const READ = '4bf9ffffffffffffffffffffffffffff';
const EVENT = '01900000-0000-7000-8000-000000000001';

let data: string;
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'mela-trace-'));
  const span = (trace: string, id: string, told: Partial<StoredSpan>): StoredSpan => ({ trace, id, step: 'request', name: 'GET /posts', pid: 7, at: 1_000, ms: 1, facts: {}, ...told });
  const spans = [
    span(POST, '1', { name: 'POST /posts', service: 'api' }),
    span(POST, '2', { parent: '1', step: 'event', name: 'post.created', service: 'communities', at: 1_002, facts: { [fact.event]: EVENT } }),
    span(READ, '3', { at: 2_000, service: 'api' }),
  ];
  await new SpanFolder(join(data, 'traces')).append(spans.map((one) => `${JSON.stringify(one)}\n`).join(''));
});
afterAll(() => rm(data, { recursive: true }));

async function run(line: string, env: NodeJS.ProcessEnv = {}) {
  const terminal = new PaperTerminal(env);
  const exit = await mela([...line.split(' '), '--data', data], terminal);
  return { exit, out: terminal.stdout, err: terminal.stderr };
}
const json = async (line: string, env?: NodeJS.ProcessEnv) => JSON.parse((await run(`${line} --json`, env)).out) as Record<string, unknown>;

describe('mela trace', () => {
  it.each([
    ['its id', POST],
    ['the beginning of it', POST.slice(0, 6)],
    ['the id as somebody shouts it', POST.toUpperCase()],
    ['a traceparent', `00-${POST}-00f067aa0ba902b7-01`],
    ['the id of an event that belongs to it', EVENT],
  ])('finds a trace by %s', async (_what, id) => {
    expect(await json(`trace ${id}`)).toMatchObject({
      trace: POST, faults: 0, ms: 3, processes: [7],
      steps: [{ step: 'request', depth: 0, offset: 0, service: 'api' }, { step: 'event', parent: '1', depth: 1, offset: 2, service: 'communities', facts: { [fact.event]: EVENT } }],
    });
  });

  it('tells it in words', async () => {
    const { exit, out } = await run(`trace ${EVENT}`);
    expect(exit).toBe(0);
    expect(out).toMatch(/request {2}POST \/posts\n.*event {2}post\.created {2}01900000/);
  });

  it('lists the latest where none is named', async () => {
    expect(await json('trace')).toEqual([
      { trace: READ, beganAt: '1970-01-01T00:00:02.000Z', ms: 1, step: 'request', name: 'GET /posts', steps: 1, faults: 0 },
      { trace: POST, beganAt: '1970-01-01T00:00:01.000Z', ms: 3, step: 'request', name: 'POST /posts', steps: 2, faults: 0 },
    ]);
  });

  it('asks for more where several begin alike', async () => {
    expect(await json(`trace ${POST.slice(0, 4)}`)).toMatchObject({ code: 'trace.ambiguous', traces: [POST, READ], hint: expect.stringContaining(READ) });
  });

  it.each(['abcdef', '01900000-0000-7000-8000-00000000ffff'])('says that %s is not kept, and where it looked', async (id) => {
    expect(await json(`trace ${id}`)).toMatchObject({ code: 'trace.unknown', message: expect.stringContaining(join(data, 'traces')), hint: expect.stringContaining('mela trace') });
  });

  it.each(['abc', 'xyzw', '*', 'post.created'])('calls %s no id', async (id) => {
    const { exit, out } = await run(`trace ${id} --json`);
    expect([exit, JSON.parse(out)]).toMatchObject([2, { code: 'usage', hint: expect.stringContaining('trace-id') }]);
  });

  it('says so where nothing is kept yet', async () => {
    expect(await run('trace', { TRACE_FOLDER: join(data, 'nowhere') })).toMatchObject({ exit: 0, out: `No trace is kept in ${join(data, 'nowhere')} yet\n` });
  });

  it('names the collector in production, and keeps its password to itself', async () => {
    const there = { MELA_ENV: 'production', OTEL_EXPORTER_OTLP_ENDPOINT: 'https://mela:secret@collector.example:4318' };
    const told = await json(`trace ${POST}`, there);
    expect(told).toMatchObject({ code: 'trace.elsewhere', message: expect.stringContaining('https://collector.example:4318'), hint: expect.stringContaining(POST) });
    expect(JSON.stringify(told)).not.toContain('secret');
    expect(await json('trace', { MELA_ENV: 'production' })).toMatchObject({ code: 'trace.elsewhere', hint: expect.stringContaining('OTEL_EXPORTER_OTLP_ENDPOINT') });
  });
});
