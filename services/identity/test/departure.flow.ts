import { communities, identity } from '@mela/contracts';
import { askOperation, openWorld, sendOperation, type Someone } from '@mela/testkit';
import { afterEach, describe, expect, it, vi } from 'vitest';

const world = openWorld();
afterEach(() => world.rest());

const signIn = ({ email, password }: Someone) => askOperation(world.addresses.api, identity.signIn, { email, password });
const isTurnedAway = ({ token }: Someone) =>
  vi.waitUntil(async () => (await sendOperation(world.addresses.api, identity.me, {}, { token })).status === 401, { timeout: 1_000, interval: 10 });

describe('a person who closes their account', () => {
  it('is nobody within a second, on screens too, and unknown to the others; signing in brings them back', async () => {
    const [asha, ravi] = [await world.someone('Asha'), await world.someone('Ravi')];
    expect((await ravi.asks(identity.person, { personId: asha.id })).name).toBe('Asha');
    const screen = await asha.opensScreen();
    expect(await asha.isRefused(identity.deactivate, { password: 'not hers' })).toMatchObject({ status: 403, code: 'identity.wrong_password' });
    await asha.asks(identity.deactivate, { password: asha.password });
    await isTurnedAway(asha);
    await screen.closed;
    expect(await ravi.isRefused(identity.person, { personId: asha.id })).toMatchObject({ status: 404, code: 'identity.person_unknown' });
    expect((await ravi.asks(identity.people, { ids: [asha.id, ravi.id] })).items.map(({ id }) => id)).toEqual([ravi.id]);

    const session = await signIn(asha);
    expect(session.person).toEqual(asha.session.person);
    expect((await ravi.asks(identity.person, { personId: asha.id })).name).toBe('Asha');
    expect((await asha.asks(identity.audit, {}, { token: session.accessToken })).items.map(({ what }) => what).slice(0, 3)).toEqual(['signed_in', 'reactivated', 'deactivated']);
  });

  it('for good is told until when they may come back, and keeps everything when they do', async () => {
    const asha = await world.someone('Asha');
    const { id: communityId } = await asha.asks(communities.create, { name: 'Runners' });
    const post = await asha.asks(communities.createPost, { communityId, body: 'Sunday at six' });
    const { dueAt } = await asha.asks(identity.delete, { password: asha.password });
    expect(Math.round((Date.parse(dueAt) - Date.now()) / 86_400_000)).toBe(14);
    await isTurnedAway(asha);

    const { accessToken: token } = await signIn(asha);
    expect((await asha.asks(communities.listPosts, { communityId }, { token })).items).toEqual([post]);
    expect((await asha.asks(identity.audit, {}, { token })).items.map(({ what }) => what).slice(0, 3)).toEqual(['signed_in', 'deletion_cancelled', 'deletion_requested']);
  });
});
