import { setTimeout as pause } from 'node:timers/promises';
import { communities, identity, notifications } from '@mela/contracts';
import { askOperation, Ear, openWorld, sendOperation, type Someone } from '@mela/testkit';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { lookingAfter } from './admins.fixture.ts';

const world = openWorld();
afterEach(() => world.rest());

const signIn = ({ email, password }: Someone, used = password) => sendOperation(world.addresses.api, identity.signIn, { email, password: used });
const codeOf = async (response: Promise<Response>) => ((await (await response).json()) as { code: string }).code;
/** One question for each service that answers people. */
const oneOfEach = [[identity.me, {}], [communities.listPosts, { communityId: crypto.randomUUID() }], [notifications.mails, {}]] as const;
const isTurnedAwayWithin = (ms: number, { token }: Someone) =>
  vi.waitUntil(async () => (await Promise.all(oneOfEach.map(([operation, input]) => sendOperation(world.addresses.api, operation, input, { token })))).every(({ status }) => status === 401), { timeout: ms, interval: 10 });

describe('a person who is suspended', () => {
  it('is nobody within a second, in requests and on screens, is told why who knows the password, and comes back when restored', async () => {
    const [asha, mira] = await Promise.all([world.someone('Asha'), lookingAfter(world, 'admin', 'Mira')]);
    const screen = await asha.opensScreen();
    const suspended = await mira.asks(identity.suspend, { personId: asha.id, reason: 'Sells shoes in every thread' });
    expect(suspended.suspension).toMatchObject({ reason: 'Sells shoes in every thread', by: mira.id });

    await isTurnedAwayWithin(1_000, asha);
    expect(await Promise.race([screen.closed.then(() => 'closed'), pause(1_000, 'open')])).toBe('closed');
    await expect(Ear.connect(world.addresses.realtime, asha.token)).rejects.toThrow('auth.invalid_token');
    expect([(await signIn(asha)).status, await codeOf(signIn(asha))]).toEqual([403, 'identity.suspended']);
    expect(await codeOf(signIn(asha, 'not her password'))).toBe('identity.wrong_credentials');
    expect(await codeOf(sendOperation(world.addresses.api, identity.refresh, { refreshToken: asha.session.refreshToken }))).toBe('identity.suspended');

    expect((await mira.asks(identity.restore, { personId: asha.id })).suspension).toBeNull();
    const again = await askOperation(world.addresses.api, identity.signIn, { email: asha.email, password: asha.password });
    expect(again.person).toEqual(asha.session.person);
    expect((await asha.asks(identity.audit, {}, { token: again.accessToken })).items.map(({ what, who }) => [what, who]).slice(0, 6)).toEqual([
      ['signed_in', asha.id], ['restored', mira.id], ['sign_in_failed', null], ['sign_in_failed', null], ['sign_in_failed', null], ['suspended', mira.id],
    ]);
  });
});

describe('whoever looks after the platform', () => {
  it('finds people, and reads one', async () => {
    const [asha, mira] = await Promise.all([world.someone('Asha'), lookingAfter(world, 'admin', 'Mira')]);
    const { items, next } = await mira.asks(identity.accounts, { text: asha.email.toUpperCase() });
    expect([items, next]).toEqual([[{ ...asha.session.person, suspension: null, deactivatedAt: null, deletionDueAt: null }], null]);
    expect(await mira.asks(identity.account, { personId: asha.id })).toEqual(items[0]);
    expect((await mira.asks(identity.accounts, { role: 'admin', state: 'active', limit: 1 })).items).toHaveLength(1);
  });

  it('suspends neither themselves nor, as an admin, those who look after it too', async () => {
    const [mira, tara, vera] = await Promise.all([lookingAfter(world, 'admin', 'Mira'), lookingAfter(world, 'admin', 'Tara'), lookingAfter(world, 'super_admin', 'Vera')]);
    expect(await mira.isRefused(identity.suspend, { personId: mira.id, reason: 'x' })).toMatchObject({ status: 403, code: 'identity.not_yourself' });
    for (const { id } of [tara, vera]) expect(await mira.isRefused(identity.suspend, { personId: id, reason: 'x' })).toMatchObject({ status: 403, code: 'access.denied' });
    await vera.asks(identity.suspend, { personId: tara.id, reason: 'x' });
    await isTurnedAwayWithin(1_000, tara);
  });
});
