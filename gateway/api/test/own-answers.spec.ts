import { mela } from '@mela/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Ground, jsonReply, type Gateway } from './ground.fixture.ts';
import { asking, problemOf } from './requests.fixture.ts';

let ground: Ground;
let gateway: Gateway;

beforeAll(async () => {
  ground = await Ground.open();
  gateway = await ground.gateway();
});
afterEach(() => ground.answers.clear());
afterAll(() => ground?.close());

const { at, post } = asking(() => gateway);

describe('what the gateway answers itself', () => {
  it('points to everything else', async () => {
    const index = (await (await fetch(gateway.address)).json()) as { links: Record<string, string> };
    expect(index).toMatchObject({ name: 'Mela', links: { openapi: '/api/v1/openapi.json', asyncapi: '/api/v1/asyncapi.json', health: '/health' } });
    for (const link of Object.values(index.links)) expect((await fetch(gateway.address + link)).status, link).toBe(200);
  });

  it('describes the operations it serves, at the address where it was asked', async () => {
    const response = await fetch(at('/openapi.json'));
    const document = await response.json();
    expect(document).toMatchObject({ openapi: '3.1.0', servers: [{ url: gateway.address }], paths: { '/api/v1/shelves/{shelfId}/books': { get: { operationId: 'shelf.read' } } } });
    expect((await fetch(at('/openapi.json'), { headers: { 'if-none-match': response.headers.get('etag')! } })).status).toBe(304);
    expect(await (await fetch(at('/asyncapi.json'))).json()).toMatchObject({ asyncapi: '3.0.0' });
  });

  it('says whether it is alive and ready, and keeps its metrics to itself', async () => {
    expect(await (await fetch(`${gateway.address}/health/live`)).json()).toEqual({ live: true });
    expect(await (await fetch(`${gateway.address}/health/ready`)).json()).toEqual({ ready: true, checks: { 'api.bus': 'ok', 'api.sessions': 'ok' } });
    expect((await fetch(`${gateway.address}/metrics`)).status).toBe(404);
  });

  it('gives every contract of Mela’s its route', async () => {
    const whole = await ground.gateway({}, mela);
    for (const { id, http } of mela.operations.values())
      if (http) {
        const { status } = await fetch(whole.address + http.path.replaceAll(/:\w+/g, 'x'), { method: http.method });
        // Nobody hosts them here; the keys alone are answered, since tokens need them.
        expect([id, [200, 401, 503].includes(status)]).toEqual([id, true]);
      }
    expect(await (await fetch(`${whole.address}/api/v1/openapi.json`)).json()).toMatchObject({ paths: { '/api/v1/identity/register': { post: { operationId: 'identity.register' } } } });
  });

  it('says nothing of what broke inside', async () => {
    ground.answers.set('note', () => ({ ...jsonReply({}), headers: new Map([['mela-status', 'nonsense']]) }));
    expect(await problemOf(await post('/notes', '{}'))).toMatchObject({ status: 500, code: 'service.failed' });
    expect(gateway.lines).toContainEqual(expect.objectContaining({ level: 50, msg: 'request failed' }));
  });
});
