import { createServer, type IncomingHttpHeaders } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Asker, beginSpan, connectBus, encodeJson, fact, header, within } from '@mela/bus';
import { id } from '@mela/contracts';
import type { NatsConnection } from '@nats-io/transport-node';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createLog } from '../process/log.ts';
import { runTargets, type RunningProcess } from '../process/run.ts';
import { MembersOwner } from '../service/members-owner.fixture.ts';
import { keyringService, notes, notesMigrations, notesService, openGround, tokenFor, type Ground } from '../service/notes.fixture.ts';
import { SpanFolder } from './span-folder.ts';
import type { StoredSpan } from './stored-span.ts';
import { openTraces } from './traces.ts';

const ASHA = id(11);
let ground: Ground;
let nc: NatsConnection;
let admin: Client;
let folder: string;
let process_: RunningProcess | undefined;

beforeAll(async () => {
  ground = await openGround({ notes: notesMigrations, identity: [] });
  nc = await connectBus({ url: ground.nats.url, name: 'test' });
  folder = await mkdtemp(join(tmpdir(), 'mela-traces-'));
  await new MembersOwner(nc).open();
  admin = new Client({ connectionString: ground.environment['NOTES_DATABASE_URL'] });
  await admin.connect();
});
afterEach(async () => {
  await process_?.stop();
  process_ = undefined;
});
afterAll(async () => {
  await admin?.end();
  await nc?.close();
  await ground?.remove();
  await rm(folder, { recursive: true, force: true });
});

async function start(settings: Record<string, string>): Promise<void> {
  process_ = await runTargets([keyringService, notesService], { ...ground.environment, ...settings });
  await vi.waitUntil(async () => (await fetch(`${process_!.addresses['ops']}/health/ready`)).ok, { timeout: 10_000 });
}

let traces = 0;
/** Writes a note in a trace of its own, and answers its id. Whoever asks does so in this process: that is a step of the trace, too. */
async function write(text: string, flags = '01'): Promise<{ trace: string; token: string; status: number }> {
  const trace = (++traces).toString(16).padStart(32, 'a');
  const token = await tokenFor(ASHA);
  const sent = new Map([[header.token, `Bearer ${token}`], [header.idempotencyKey, `key-of-${text.replaceAll(' ', '-')}`]]);
  const asker = new Asker({ nc, mayAsk: 'anything' });
  const reply = await within({ traceparent: `00-${trace}-00f067aa0ba902b7-${flags}` }, () => asker.exchange(notes.write, encodeJson({ text }), sent));
  return { trace, token, status: reply.status };
}

/** Waits until the trace's event has left, and answers its place in the trace. */
const sent = (trace: string): Promise<string> =>
  vi.waitUntil(async () => {
    const { rows } = await admin.query<{ place: string }>(`SELECT headers->>'traceparent' AS place FROM outbox_sent WHERE headers->>'traceparent' LIKE $1`, [`00-${trace}-%`]);
    return rows[0]?.place;
  }, { timeout: 10_000, interval: 20 });

const spansOf = async (trace: string): Promise<StoredSpan[]> => (await new SpanFolder(folder).read(`"trace":"${trace}"`)).sort((a, b) => a.at - b.at);
const once = (trace: string, there: (span: StoredSpan) => boolean): Promise<StoredSpan[]> =>
  vi.waitUntil(async () => {
    const spans = await spansOf(trace);
    return spans.some(there) && spans;
  }, { timeout: 10_000, interval: 20 });
const published = (trace: string) => once(trace, ({ step }) => step === 'published');
const broken = (trace: string) => once(trace, ({ name, fault }) => name === 'notes.write' && fault !== undefined);
const told = (spans: readonly StoredSpan[], step: string) => spans.filter((span) => span.step === step);

describe('spans of development', () => {
  it('tell what a command did: who served it, each statement, the event and its publication, under one trace', async () => {
    await start({ TRACE_FOLDER: folder });
    const { trace } = await write('milk');
    const spans = await published(trace);
    // The first request of a process also asks for the keys that tokens are verified with.
    const [[serves], [event], [publication]] = [told(spans, 'serves'), told(spans, 'event'), told(spans, 'published')];
    expect(serves).toMatchObject({ name: 'notes.write', service: 'notes', pid: process.pid, facts: { [fact.status]: 200 } });
    expect(event).toMatchObject({ parent: serves!.id, name: 'note.written', service: 'notes', facts: { [fact.event]: expect.any(String) } });
    expect(publication).toMatchObject({ parent: event!.id, facts: { [fact.event]: event!.facts[fact.event], [fact.seq]: expect.any(Number) } });
    const statements = told(spans, 'sql');
    expect(statements.every(({ parent }) => parent === serves!.id)).toBe(true);
    const words = statements.map(({ facts }) => String(facts[fact.statement]));
    const place = (pattern: RegExp) => words.findIndex((text) => pattern.test(text));
    expect(words[0]).toBe('BEGIN');
    expect(words.at(-1)).toBe('COMMIT');
    expect(place(/^INSERT INTO note \(id, text\) VALUES \(\$1, \$2\)$/)).toBeGreaterThan(place(/^SAVEPOINT/));
    expect(place(/^INSERT INTO outbox/)).toBeGreaterThan(place(/^INSERT INTO idempotency/));
    expect(event!.at + event!.ms).toBeGreaterThanOrEqual(statements.at(-1)!.at);
  });

  it('tell of a request that broke, and of no event that was undone', async () => {
    await start({ TRACE_FOLDER: folder });
    const { trace, status } = await write('broken');
    expect(status).toBe(500);
    const spans = await broken(trace);
    expect(told(spans, 'serves').find(({ name }) => name === 'notes.write')).toMatchObject({ fault: '500', facts: { [fact.status]: 500 } });
    expect(told(spans, 'sql').at(-1)).toMatchObject({ name: 'ROLLBACK' });
    expect([...told(spans, 'event'), ...told(spans, 'published')]).toEqual([]);
  });

  it('tell which statement failed, by its kind', async () => {
    await start({ TRACE_FOLDER: folder });
    const { trace } = await write('careless');
    const spans = await broken(trace);
    expect(told(spans, 'sql').find(({ fault }) => fault !== undefined)).toMatchObject({ fault: 'error 22012', facts: { [fact.statement]: 'SELECT ? / ?' } });
  });

  it('hold no token, no address, no key, and nothing of what was sent', async () => {
    await start({ TRACE_FOLDER: folder });
    const secret = 'write to asha@example.org about the blue kettle';
    const { trace, token } = await write(secret);
    const text = JSON.stringify(await published(trace));
    for (const word of ['asha', '@', 'kettle', 'key-of', token, token.split('.')[1]!, ASHA]) expect(text, word).not.toContain(word);
  });

  it('are handed over when the process ends, and none are recorded after', async () => {
    await start({ TRACE_FOLDER: folder });
    const { trace } = await write('last');
    await process_!.stop();
    expect(told(await spansOf(trace), 'event')).toHaveLength(1);
    expect(beginSpan('sql', 'SELECT', `00-${trace}-00f067aa0ba902b7-01`)).toBeUndefined();
  });

  it.each([['off', { TRACE_RATIO: '0' }, '01'], ['on, for a trace that nobody keeps', {}, '00']])('when they are %s: none, and the event carries the trace as it came', async (_what, settings, flags) => {
    await start({ TRACE_FOLDER: folder, ...settings });
    const { trace } = await write(`quiet ${flags}`, flags);
    expect(await sent(trace)).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-${flags}$`));
    await process_!.stop();
    expect(await spansOf(trace)).toEqual([]);
  });

  it('that find no place cost nobody a request', async () => {
    await start({ TRACE_FOLDER: '/dev/null/traces' });
    expect((await write('placeless')).status).toBe(200);
  });

  it('find their place again once there is one, and the log has said both', async () => {
    const place = join(folder, 'later');
    await writeFile(place, 'a file stands where the folder is to be');
    const said: string[] = [];
    const log = createLog('info', { write: (line) => void said.push((JSON.parse(line) as { msg: string }).msg) });
    const traces_ = await openTraces({ MELA_ENV: 'development', TRACE_FOLDER: place }, ['test'], log);
    const tellOf = (trace: string) => beginSpan('sql', 'SELECT', `00-${trace}-00f067aa0ba902b7-01`)!.end();
    tellOf('a'.repeat(32));
    await vi.waitUntil(() => said.length === 1);
    await rm(place);
    tellOf('b'.repeat(32));
    await vi.waitUntil(() => said.length === 2);
    await traces_.close();
    expect(said).toEqual(['Spans are lost: they cannot be handed over', 'Spans are handed over again']);
    expect((await new SpanFolder(place).read()).map(({ trace }) => trace)).toEqual(['b'.repeat(32)]);
  });
});

interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  status: { code?: number };
  attributes: { key: string; value: Record<string, unknown> }[];
}

/** Stands where a collector stands, and takes what it is sent. */
async function collector(status = 200) {
  const requests: { path: string; headers: IncomingHttpHeaders; body: any }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests.push({ path: request.url!, headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString()) });
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const resources = () => requests.flatMap(({ body }) => body.resourceSpans as { resource: { attributes: OtlpSpan['attributes'] }; scopeSpans: { spans: OtlpSpan[] }[] }[]);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    resources,
    spans: (trace: string) => resources().flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)).filter(({ traceId }) => traceId === trace),
    close: () => new Promise((resolve) => {
      server.closeAllConnections();
      server.close(resolve);
    }),
  };
}

const valueOf = ({ attributes }: { attributes: OtlpSpan['attributes'] }, key: string) => Object.values(attributes.find((one) => one.key === key)?.value ?? {})[0];

describe('spans of production', () => {
  it('go to the collector as OTLP over HTTP, with the headers it asks for', async () => {
    const there = await collector();
    await start({
      MELA_ENV: 'production', ALLOW_PLAINTEXT: 'true', TRACE_RATIO: '1', OTEL_EXPORTER_OTLP_ENDPOINT: `${there.url}/`, OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20of%20tests,x-tenant=mela',
    });
    const { trace } = await write('exported to asha@example.org');
    await sent(trace);
    await process_!.stop();
    await there.close();

    expect(there.requests[0]).toMatchObject({ path: '/v1/traces', headers: { authorization: 'Bearer of tests', 'x-tenant': 'mela', 'content-type': 'application/json' } });
    expect(valueOf(there.resources()[0]!.resource, 'service.name')).toBe('mela');
    const spans = there.spans(trace);
    const serves = spans.find(({ name }) => name === 'notes.write');
    expect(serves).toMatchObject({ name: 'notes.write', parentSpanId: spans.find(({ name }) => name === 'svc.notes.write')!.spanId, kind: 2 });
    expect(spans.find(({ name }) => name === 'svc.notes.write')).toMatchObject({ parentSpanId: '00f067aa0ba902b7', kind: 3 });
    expect(BigInt(serves!.endTimeUnixNano)).toBeGreaterThan(BigInt(serves!.startTimeUnixNano));
    expect(spans.map((span) => valueOf(span, fact.step))).toEqual(expect.arrayContaining(['asks', 'serves', 'sql', 'event', 'published']));
    expect(JSON.stringify(there.requests.map(({ body }) => body))).not.toContain('asha');
  });

  it('are those of the traces that were to be kept where they began', async () => {
    const there = await collector();
    await start({ MELA_ENV: 'production', ALLOW_PLAINTEXT: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: there.url, TRACE_RATIO: '1' });
    const [kept, not] = [await write('kept'), await write('not kept', '00')];
    await process_!.stop();
    await there.close();
    expect(there.spans(kept.trace).length).toBeGreaterThan(5);
    expect(there.spans(not.trace)).toEqual([]);
  });

  it('that the collector does not take keep no request waiting, and no process from ending', async () => {
    const there = await collector(503);
    await start({ MELA_ENV: 'production', ALLOW_PLAINTEXT: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: there.url, TRACE_RATIO: '1' });
    expect((await write('refused by the collector')).status).toBe(200);
    const began = performance.now();
    await process_!.stop();
    expect(performance.now() - began).toBeLessThan(6_000);
    await there.close();
  });
});
