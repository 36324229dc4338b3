import { ApiKeyCreated, ApiKeyRevoked, communities, identity, PostCreated, realtime, topic, type IssuedApiKey, type Operation } from '@mela/contracts';
import { askOperation, Ear, letterTo, openWorld, sendOperation, type Someone } from '@mela/testkit';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { lookingAfter } from './admins.fixture.ts';

const world = openWorld();
afterEach(() => world.rest());

const { api } = world.addresses;
const keyOf = (asha: Someone, scopes: string[]): Promise<IssuedApiKey> => asha.asks(identity.createApiKey, { name: 'The newsletter', scopes, password: asha.password });
const answered = async (operation: Operation, input: object, token: string) => {
  const response = await sendOperation(api, operation, input as never, { token });
  return response.ok ? 200 : ((await response.json()) as { code: string }).code;
};
const isRefusedWithin = (ms: number, key: string) =>
  vi.waitUntil(async () => (await answered(identity.me, {}, key)) === 'auth.invalid_api_key', { timeout: ms, interval: 10 });

describe('an API key', () => {
  it('does what its scopes name in the name of its owner, and tells which scope is missing for the rest', async () => {
    const asha = await world.someone('Asha');
    const { id: communityId } = await asha.asks(communities.create, { name: 'Runners' });
    const { key } = await keyOf(asha, ['communities:write', 'identity:read']);
    const post = await askOperation(api, communities.createPost, { communityId, body: 'Sunday at six' }, { token: key });
    expect(post.authorId).toBe(asha.id);
    expect(await askOperation(api, identity.me, {}, { token: key })).toEqual(asha.session.person);

    const refused = await sendOperation(api, communities.listPosts, { communityId }, { token: key });
    expect([refused.status, await refused.json()]).toMatchObject([403, { code: 'auth.scope_missing', scope: 'communities:read' }]);
    expect(await answered(identity.changeProfile, { bio: 'x' }, key)).toBe('auth.scope_missing');
    for (const [operation, input] of [
      [identity.createApiKey, { name: 'x', scopes: ['identity:read'], password: asha.password }], [identity.signOut, {}], [identity.requestExport, {}],
      [identity.changePassword, { password: asha.password, newPassword: 'ferns under the bridge' }],
    ] as const) expect(await answered(operation, input, key), operation.id).toBe('auth.not_with_api_key');

    const { items } = await asha.asks(identity.apiKeys, {});
    expect(items).toMatchObject([{ name: 'The newsletter', state: 'active', scopes: ['communities:write', 'identity:read'] }]);
    await vi.waitUntil(async () => (await asha.asks(identity.apiKeys, {})).items[0]!.lastUsedAt !== null, { timeout: 5_000, interval: 20 });
    expect(await answered(identity.changeProfile, { bio: 'x' }, (await keyOf(asha, ['identity:write'])).key)).toBe(200);
  });

  it('of an admin does not look after the platform, nor does one of anybody’s have a scope that there is not', async () => {
    const mira = await lookingAfter(world, 'super_admin', 'Mira');
    const { key } = await keyOf(mira, ['identity:read', 'identity:write']);
    expect(await answered(identity.accounts, {}, key)).toBe('auth.not_with_api_key');
    expect(await mira.isRefused(identity.createApiKey, { name: 'x', scopes: ['identity:everything'], password: mira.password })).toMatchObject({ status: 422, code: 'identity.unknown_scope' });
  });

  it('is made by nobody who looks through its owner’s eyes, or does not know the password', async () => {
    const [asha, mira] = [await world.someone('Asha'), await lookingAfter(world, 'super_admin', 'Mira')];
    const { accessToken } = await mira.asks(identity.impersonate, { personId: asha.id, reason: 'They asked for help' });
    const wish = { name: 'x', scopes: ['identity:read'], password: asha.password };
    expect(await asha.isRefused(identity.createApiKey, wish, { token: accessToken })).toMatchObject({ code: 'identity.not_while_impersonating' });
    expect(await asha.isRefused(identity.createApiKey, { ...wish, password: 'not this one' })).toMatchObject({ code: 'identity.wrong_password' });
  });

  it('is told once: whoever repeats the request with its Idempotency-Key does not get it again', async () => {
    const asha = await world.someone('Asha');
    const wish = { name: 'x', scopes: ['identity:read'], password: asha.password };
    await asha.asks(identity.createApiKey, wish, { idempotencyKey: 'once' });
    expect(await asha.isRefused(identity.createApiKey, wish, { idempotencyKey: 'once' })).toMatchObject({ code: 'idempotency.answer_withheld' });
  });

  it('listens: by itself, or with a ticket that it has asked for', async () => {
    const asha = await world.someone('Asha');
    const { id: communityId } = await asha.asks(communities.create, { name: 'Runners' });
    const { key } = await keyOf(asha, ['communities:read', 'realtime:write']);
    const ear = await Ear.connect(world.addresses.realtime, key);
    await ear.listen(topic.community(communityId));
    await expect(ear.listen(topic.person(asha.id))).rejects.toThrow('auth.scope_missing');
    const post = await asha.asks(communities.createPost, { communityId, body: 'Sunday at six' });
    await expect(ear).toHear(PostCreated, { postId: post.id });
    expect(await askOperation(api, realtime.createTicket, {}, { token: key })).toMatchObject({ ticket: expect.any(String) });
    ear.close();
  });
});

describe('a key that is revoked', () => {
  it('is refused within a second, in requests and on screens, and its owner hears of both', async () => {
    const asha = await world.someone('Asha');
    const screen = await asha.opensScreen();
    const { id: keyId, key } = await keyOf(asha, ['identity:read']);
    await expect(screen).toHear(ApiKeyCreated, { keyId });
    await letterTo(world.addresses.mailbox, asha.email, ({ subject }) => subject === 'A new API key for your account');
    expect(await answered(identity.me, {}, key)).toBe(200);
    const ear = await Ear.connect(world.addresses.realtime, key);
    expect(await asha.asks(identity.revokeApiKey, { keyId })).toEqual({ revoked: 1 });
    const revokedAt = performance.now();
    await Promise.all([isRefusedWithin(1_000, key), ear.closed.then(() => expect(performance.now() - revokedAt).toBeLessThan(1_000))]);
    await expect(Ear.connect(world.addresses.realtime, key)).rejects.toThrow('auth.invalid_api_key');
    await expect(screen).toHear(ApiKeyRevoked, { keyId });
    expect((await asha.asks(identity.audit, {})).items.map(({ what }) => what)).toEqual(expect.arrayContaining(['api_key_created', 'api_key_revoked', 'api_key_refused']));
  });

  it('is one of everybody’s who is suspended', async () => {
    const [asha, mira] = [await world.someone('Asha'), await lookingAfter(world, 'admin', 'Mira')];
    const { key } = await keyOf(asha, ['identity:read']);
    expect(await answered(identity.me, {}, key)).toBe(200);
    await mira.asks(identity.suspend, { personId: asha.id, reason: 'Sells shoes in every thread' });
    await isRefusedWithin(1_000, key);
  });
});

describe('a key that is rotated', () => {
  it('works beside the one before; without an overlap that one is refused within a second', async () => {
    const asha = await world.someone('Asha');
    const first = await keyOf(asha, ['identity:read']);
    const second = await asha.asks(identity.rotateApiKey, { keyId: first.id, password: asha.password });
    for (const { key } of [first, second]) expect(await answered(identity.me, {}, key)).toBe(200);
    expect(await asha.isRefused(identity.rotateApiKey, { keyId: first.id, password: asha.password })).toMatchObject({ status: 409, code: 'identity.api_key_rotating' });
    expect(await asha.isRefused(identity.rotateApiKey, { keyId: first.id, overlapMinutes: 3, password: asha.password })).toMatchObject({ status: 400 });
    const third = await asha.asks(identity.rotateApiKey, { keyId: first.id, overlapMinutes: 0, password: asha.password });
    await Promise.all([first, second].map(({ key }) => isRefusedWithin(1_000, key)));
    expect(await answered(identity.me, {}, third.key)).toBe(200);
  });
});
