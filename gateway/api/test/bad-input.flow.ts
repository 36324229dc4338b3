import { communities, id } from '@mela/contracts';
import { openWorld, sendOperation } from '@mela/testkit';
import { afterEach, describe, expect, it } from 'vitest';

const world = openWorld();
afterEach(() => world.rest());

async function post(path: string, body: string, headers: Record<string, string> = {}) {
  const asha = await world.someone('Asha');
  const response = await fetch(new URL(path, world.addresses.api), {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${asha.token}`, ...headers },
    body,
  });
  return { response, problem: (await response.json()) as Record<string, unknown> };
}

describe('bad input', () => {
  it.each([
    ['malformed JSON', '{"name": }', 400, 'request.malformed', { position: 9 }],
    ['an unknown field', '{"name":"Runners","role":"admin"}', 400, 'request.invalid', { faults: [{ field: 'role', fault: 'unknown field' }] }],
    ['a missing field', '{}', 400, 'request.invalid', {}],
    ['a reach for the prototype', '{"name":"Runners","__proto__":{"admin":true}}', 400, 'request.invalid', {}],
    ['a thousand levels', `{"name":${'['.repeat(1_000)}${']'.repeat(1_000)}}`, 400, 'request.invalid', {}],
    ['half a megabyte and more', JSON.stringify({ name: 'x'.repeat(600_000) }), 413, 'request.too_large', {}],
  ])('%s is a problem with a code', async (_what, body, status, code, facts) => {
    const { response, problem } = await post('/api/v1/communities', body);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(problem).toMatchObject({ status, code, traceId: expect.stringMatching(/^[0-9a-f]{32}$/), ...facts });
    expect(JSON.stringify(problem)).not.toMatch(/\bat .*\.[jt]s/);
  });

  it('a path parameter given again in the body is named', async () => {
    const { response, problem } = await post(`/api/v1/communities/${id(5)}/posts`, JSON.stringify({ communityId: id(6), body: 'Hello' }));
    expect([response.status, problem['code'], problem['fields']]).toEqual([400, 'request.doubled_field', ['communityId']]);
  });

  it('an unknown route is 404, a wrong method 405, another content type 415', async () => {
    expect((await post('/api/v1/nowhere', '{}')).problem['code']).toBe('route.unknown');
    expect((await post('/api/v1/identity/me', '{}')).problem['code']).toBe('route.method');
    expect((await post('/api/v1/communities', 'name=Runners', { 'content-type': 'application/x-www-form-urlencoded' })).problem['code']).toBe('request.content_type');
  });

  it('a community that does not exist, and an id that is none, are told apart', async () => {
    const asha = await world.someone('Asha');
    expect(await asha.isRefused(communities.join, { communityId: id(404) })).toMatchObject({ status: 404, code: 'community.not_found' });
    expect(await asha.isRefused(communities.join, { communityId: 'runners' })).toMatchObject({ status: 400, code: 'request.invalid' });
  });

  it.each(['0', '101', '1e9', 'many', '-1'])('a page of %s is refused', async (limit) => {
    const asha = await world.someone('Asha');
    const runners = await asha.asks(communities.create, { name: 'Runners' });
    const response = await sendOperation(world.addresses.api, communities.listPosts, { communityId: runners.id, limit }, { token: asha.token });
    expect(response.status).toBe(400);
  });

  it('a request without a token, and one with a forged one, are 401', async () => {
    for (const headers of [{}, { authorization: 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.' }, { 'x-user-id': id(1) }]) {
      const response = await fetch(new URL('/api/v1/identity/me', world.addresses.api), { headers: headers as Record<string, string> });
      expect(response.status).toBe(401);
    }
  });
});

describe('reads', () => {
  it('answer a cursor and an ETag, and nothing when nothing has changed', async () => {
    const asha = await world.someone('Asha');
    const runners = await asha.asks(communities.create, { name: 'Runners' });
    const first = await sendOperation(world.addresses.api, communities.listPosts, { communityId: runners.id }, { token: asha.token });
    expect(first.headers.get('mela-cursor')).toBeTruthy();
    expect(await first.json()).toEqual({ items: [], next: null });
    const again = await sendOperation(world.addresses.api, communities.listPosts, { communityId: runners.id }, { token: asha.token, headers: { 'if-none-match': first.headers.get('etag')! } });
    expect(again.status).toBe(304);
  });
});
