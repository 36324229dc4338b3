import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anyone, command, isRefusal, NotFound, query, service } from '@mela/contracts';
import { openPart, type OpenPart } from '@mela/infra';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Wire } from '../../test/wire.ts';
import { connectBus } from '../connection.ts';
import { currentContext, within } from '../context.ts';
import { Asker } from './asker.ts';
import { wrap, type Reply, type Serve } from './exchange.ts';
import { LocalPath } from './local-path.ts';
import { OperationServer } from './operation-server.ts';
import { answered } from './wrappers/answered.ts';
import { quiet } from './wrappers/exchange.fixture.ts';
import { parsed } from './wrappers/parsed.ts';
import { timed } from './wrappers/timed.ts';
import { traced } from './wrappers/traced.ts';

const library = service('library', {
  find: query({ summary: 'Finds a book', access: anyone, input: z.object({ title: z.string() }), output: z.object({ title: z.string(), trace: z.string(), left: z.number() }) }),
  lend: command({ summary: 'Never comes back', access: anyone, input: z.object({}), output: z.object({}) }),
  burn: command({ summary: 'Nobody does', access: anyone, input: z.object({}), output: z.object({}) }),
});

const found: string[] = [];
const surroundings = new AsyncLocalStorage<string>();

const handlers: Record<string, (input: any) => unknown> = {
  find: ({ title }: { title: string }) => {
    found.push(title);
    return title === 'Nothing' ? NotFound('No such book') : { title: title === 'Surroundings' ? (surroundings.getStore() ?? 'none') : title, trace: currentContext()!.traceparent.slice(3, 35), left: currentContext()!.deadline! - Date.now() };
  },
  lend: () => new Promise(() => undefined),
};

const serveOf = (name: 'find' | 'lend'): Serve => {
  const step = wrap([traced, answered(quiet), timed(), parsed], async ({ input }) => handlers[name]!(input));
  return (body, headers) => step({ operation: library[name], body, headers, replyHeaders: new Map() }) as Promise<Reply>;
};

let folder: string;
let nats: OpenPart;
let serving: NatsConnection;
let asking: NatsConnection;
let server: OperationServer;
const local = new LocalPath();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mela-asking-'));
  nats = await openPart('nats', { dataDir: folder, env: {}, throwaway: true });
  serving = await connectBus({ url: nats.url, name: 'library' });
  asking = await connectBus({ url: nats.url, name: 'reader' });
  server = new OperationServer(serving, 'library');
  for (const name of ['find', 'lend'] as const) {
    server.serve(library[name].subject, serveOf(name));
    local.open(library[name].subject, serveOf(name));
  }
  await new Promise<void>((resolve, reject) => server.listen((error?: unknown) => (error ? reject(error) : resolve())));
  await serving.flush();
});

afterAll(async () => {
  await serving.close();
  await asking.close();
  await nats.stop();
  await rm(folder, { recursive: true, force: true });
});

describe.each(['over the bus', 'on the local path'])('asking %s', (path) => {
  const asker = (timeoutMs = 5_000) => new Asker({ nc: asking, mayAsk: new Set(['library.find', 'library.lend', 'library.burn']), timeoutMs, ...(path === 'over the bus' ? {} : { local }) });

  it('answers, and carries the trace and what is left of the time', async () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const answer = await within({ traceparent: `00-${trace}-00f067aa0ba902b7-01`, deadline: Date.now() + 2_000 }, () => asker().ask(library.find, { title: 'Mela' }));
    expect(answer).toMatchObject({ title: 'Mela', trace });
    expect(isRefusal(answer) ? 0 : answer.left).toBeGreaterThan(1_000);
    expect(isRefusal(answer) ? 0 : answer.left).toBeLessThanOrEqual(2_000);
  });

  it('brings a refusal back as a refusal', async () => {
    expect(await asker().ask(library.find, { title: 'Nothing' })).toMatchObject({ refused: true, status: 404, code: 'resource.not_found', detail: 'No such book' });
  });

  it('answers 504 when no answer comes in time', async () => {
    expect(await asker(50).ask(library.lend, {})).toMatchObject({ refused: true, status: 504 });
  });

  it('answers 504 at once when the time is over already', async () => {
    expect(await within({ traceparent: 'x', deadline: Date.now() - 1 }, () => asker().ask(library.find, { title: 'Mela' }))).toMatchObject({ status: 504 });
  });

  it('answers 503 at once when nobody is there', async () => {
    expect(await asker().ask(library.burn, {})).toMatchObject({ refused: true, status: 503, code: 'service.unavailable' });
  });

  it('asks nothing that the manifest does not name', async () => {
    const stranger = new Asker({ nc: asking, mayAsk: new Set(), ...(path === 'over the bus' ? {} : { local }) });
    await expect(stranger.ask(library.find, { title: 'Mela' })).rejects.toThrow('library.find');
  });

  it('does not carry over what surrounds whoever asks', async () => {
    const answer = await surroundings.run('an open transaction', () => asker().ask(library.find, { title: 'Surroundings' }));
    expect(answer).toMatchObject({ title: 'none' });
  });

  it('answers sixty people at once, each with their own', async () => {
    const titles = Array.from({ length: 60 }, (_, n) => `Book ${n}`);
    const answers = await Promise.all(titles.map((title) => asker().ask(library.find, { title })));
    expect(answers.map((answer) => (isRefusal(answer) ? answer.code : answer.title))).toEqual(titles);
  });
});

it('takes no question whose answer is to go anywhere but into an inbox, or that nobody waits for', async () => {
  const elsewhere: string[] = [];
  asking.subscribe('evt.>', { callback: (_fault, message) => void elsewhere.push(message.subject) });
  asking.publish(library.find.subject, '{"title":"Mela"}', { reply: 'evt.book.found.0' });
  asking.publish(library.find.subject, '{"title":"Told to nobody"}');
  const asker = new Asker({ nc: asking, mayAsk: new Set(['library.find']) });
  expect(await asker.ask(library.find, { title: 'Mela' })).toMatchObject({ title: 'Mela' });
  expect(elsewhere).toEqual([]);
  expect(found).not.toContain('Told to nobody');
});

describe('while whoever asks is cut off', () => {
  let wire: Wire;
  let nc: NatsConnection;
  let reader: Asker;
  beforeEach(async () => {
    wire = await Wire.to(nats.url);
    nc = await connectBus({ url: wire.url, name: 'reader' });
    reader = new Asker({ nc, mayAsk: new Set(['library.find']), timeoutMs: 15_000 });
  });
  afterEach(async () => {
    await nc.close();
    wire.close();
  });
  const cut = async () => {
    wire.cut();
    await expect.poll(() => reader.fault, { interval: 1 }).toBe('is not connected');
  };
  const hurried = (ms: number) => within({ traceparent: 'x', deadline: Date.now() + ms }, () => reader.ask(library.find, { title: 'Emma' }));

  it('they are answered after a short break, each with what is left of their time', async () => {
    await cut();
    const meanwhile = Array.from({ length: 50 }, () => hurried(10_000));
    const began = performance.now();
    await expect.poll(() => performance.now() - began).toBeGreaterThan(300);
    wire.mend();
    for (const answer of await Promise.all(meanwhile)) {
      expect(answer).toMatchObject({ title: 'Emma' });
      expect(isRefusal(answer) ? 10_000 : answer.left).toBeLessThan(9_701);
    }
  });

  it('nobody waits for longer than their time', async () => {
    await cut();
    const began = performance.now();
    expect(await hurried(200)).toMatchObject({ status: 503, code: 'service.unavailable' });
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});

describe('while the bus is away', () => {
  const asker = () => new Asker({ nc: asking, mayAsk: new Set(['library.find', 'library.lend']), timeoutMs: 15_000 });

  it('whoever waits for an answer is told at once', async () => {
    const reader = asker();
    const waiting = Array.from({ length: 50 }, () => reader.ask(library.lend, {}));
    await Promise.all([serving.flush(), asking.flush()]);
    const began = performance.now();
    await nats.crash();
    for (const answer of await Promise.all(waiting)) expect(answer).toMatchObject({ status: 503, code: 'service.unavailable' });
    expect(performance.now() - began).toBeLessThan(4_000);
    await nats.restart();
    await expect.poll(() => reader.ask(library.find, { title: 'Emma' }), { timeout: 10_000 }).toMatchObject({ title: 'Emma' });
  });

  it('nobody is kept waiting for long', async () => {
    const reader = asker();
    await nats.crash();
    await expect.poll(() => reader.fault).toBe('is not connected');
    const began = performance.now();
    expect(await reader.ask(library.find, { title: 'Emma' })).toMatchObject({ status: 503, code: 'service.unavailable' });
    expect(performance.now() - began).toBeLessThan(4_000);
    await nats.restart();
    await expect.poll(() => reader.ask(library.find, { title: 'Emma' }), { timeout: 10_000 }).toMatchObject({ title: 'Emma' });
  });
});
