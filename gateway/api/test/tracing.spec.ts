import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fact } from '@mela/bus';
import { openTraces, SpanFolder, type StoredSpan, type Traces } from '@mela/chassis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Ground, type Gateway } from './ground.fixture.ts';

let ground: Ground;
let gateway: Gateway;
let folder: string;
let traces: Traces | undefined;

beforeAll(async () => {
  ground = await Ground.open();
  gateway = await ground.gateway();
  folder = await mkdtemp(join(tmpdir(), 'mela-tracing-'));
});
afterEach(async () => {
  await traces?.close();
  traces = undefined;
});
afterAll(async () => {
  await ground?.close();
  await rm(folder, { recursive: true, force: true });
});

const keep = async (TRACE_RATIO: number) => (traces = await openTraces({ ...gateway.process.settings, TRACE_FOLDER: folder, TRACE_RATIO }, ['api'], gateway.process.log));

const get = (path: string, headers: Record<string, string> = {}) => fetch(gateway.address + path, { headers });

async function requestOf(response: Response, called?: string): Promise<StoredSpan> {
  await response.text();
  const trace = response.headers.get('trace-id')!;
  return vi.waitUntil(async () => (await new SpanFolder(folder).read(`"trace":"${trace}"`)).find(({ step, name }) => step === 'request' && (called ?? name) === name), { timeout: 5_000, interval: 20 });
}

describe('a request', () => {
  it('is the first step of its trace, and what is asked stands below it', async () => {
    await keep(1);
    const response = await get('/api/v1/shelves/asha%40example.org/books?title=secret', { authorization: `Bearer ${await ground.token()}` });
    const request = await requestOf(response);
    expect(request).toMatchObject({
      name: 'GET /api/v1/shelves/:shelfId/books', service: 'api',
      facts: { [fact.operation]: 'shelf.read', [fact.route]: '/api/v1/shelves/:shelfId/books', [fact.status]: 200 },
    });
    expect(request.parent).toBeUndefined();
    const spans = await new SpanFolder(folder).read(`"trace":"${request.trace}"`);
    expect(spans.find(({ name }) => name === 'svc.shelf.read')).toMatchObject({ step: 'asks', parent: request.id });
    for (const word of ['asha', 'secret', 'Bearer', 'eyJ']) expect(JSON.stringify(spans)).not.toContain(word);
  });

  it('that a client’s trace led to goes on with that one', async () => {
    await keep(1);
    const request = await requestOf(await get('/api/v1/shelves/1/books', { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00' }));
    expect(request).toMatchObject({ trace: '4bf92f3577b34da6a3ce929d0e0e4736', parent: '00f067aa0ba902b7' });
  });

  it('that shares a batch with others stands below it, by a route of its own', async () => {
    await keep(1);
    const body = JSON.stringify({ requests: [{ path: '/api/v1/shelves/1/books?title=secret' }, { path: '/api/v1/absent' }] });
    const batch = await requestOf(await fetch(`${gateway.address}/api/v1/batch`, { method: 'POST', headers: { 'content-type': 'application/json' }, body }), 'POST /api/v1/batch');
    const spans = await new SpanFolder(folder).read(`"trace":"${batch.trace}"`);
    const reads = spans.filter(({ step, parent }) => step === 'request' && parent === batch.id);
    expect(reads.map(({ name, facts }) => [name, facts[fact.status]]).sort()).toEqual([['GET /api/v1/absent', 503], ['GET /api/v1/shelves/:shelfId/books', 200]]);
    expect(spans.find(({ name }) => name === 'svc.shelf.read')).toMatchObject({ step: 'asks', parent: reads.find(({ name }) => name.endsWith('books'))!.id });
    expect(JSON.stringify(spans)).not.toContain('secret');
  });

  it('that leads nowhere tells nothing of where it was to lead', async () => {
    await keep(1);
    const request = await requestOf(await get('/wp-admin.php?token=secret'));
    expect(request).toMatchObject({ name: 'GET unknown', facts: { [fact.status]: 404 } });
    expect(JSON.stringify(request)).not.toMatch(/wp-admin|secret/);
  });

  it('that nobody answers is a fault', async () => {
    await keep(1);
    expect(await requestOf(await get('/api/v1/absent', { authorization: `Bearer ${await ground.token()}` }))).toMatchObject({ fault: '503', facts: { [fact.status]: 503 } });
  });

  it.each([['not kept, whatever the client says', 0.000_000_1, '00'], ['not recorded, as it came', 0, '01']])('carries its trace on where that is %s', async (_what, ratio, flags) => {
    await keep(ratio);
    const trace = `8${'0'.repeat(31)}`;
    const response = await get('/api/v1/shelves/1/books', { traceparent: `00-${trace}-00f067aa0ba902b7-01` });
    expect(response.headers.get('trace-id')).toBe(trace);
    expect(ground.seen.get('read')!.headers('traceparent')).toMatch(new RegExp(`^00-${trace}-(?!00f067aa0ba902b7)[0-9a-f]{16}-${flags}$`));
    await traces!.close();
    expect(await new SpanFolder(folder).read(`"trace":"${trace}"`)).toEqual([]);
  });
});
