import { communities, MemberJoined, MemberLeft, PostCreated, topic } from '@mela/contracts';
import { openWorld, sendOperation, type Scenario, type Someone } from '@mela/testkit';
import { afterEach, describe, expect, it } from 'vitest';

const world = openWorld();
afterEach(() => world.rest());

/** Asha founded it, Ravi and Mira are members. */
const threeRunners: Scenario<{ asha: Someone; ravi: Someone; mira: Someone; runners: { id: string } }> = async (world) => {
  const [asha, ravi, mira] = await Promise.all([world.someone('Asha'), world.someone('Ravi'), world.someone('Mira')]);
  const runners = await asha.asks(communities.create, { name: 'Cubbon Park Runners' });
  await Promise.all([ravi, mira].map((person) => person.asks(communities.join, { communityId: runners.id })));
  return { asha, ravi, mira, runners };
};

describe('leaving a community', () => {
  it('is told to the others and to whoever left, who may neither read, write nor listen from then on', async () => {
    const { asha, ravi, runners } = await world.given(threeRunners);
    const [screen, own] = [await asha.listens(topic.community(runners.id)), await ravi.opensScreen()];

    expect(await ravi.asks(communities.leave, { communityId: runners.id })).toEqual({ communityId: runners.id, userId: ravi.id });
    const left = { communityId: runners.id, userId: ravi.id, removedBy: null };
    await expect(screen).toHear(MemberLeft, left);
    await expect(own).toHear(MemberLeft, left);

    expect(await ravi.isRefused(communities.listPosts, { communityId: runners.id })).toMatchObject({ status: 404 });
    expect(await ravi.isRefused(communities.createPost, { communityId: runners.id, body: 'Hello?' })).toMatchObject({ status: 404 });
    await expect(ravi.listens(topic.community(runners.id))).rejects.toThrow('topic.forbidden');
  });

  it('and coming back makes a member like any other', async () => {
    const { asha, ravi, runners } = await world.given(threeRunners);
    const screen = await asha.listens(topic.community(runners.id));
    await ravi.asks(communities.leave, { communityId: runners.id });
    await expect(screen).toHear(MemberLeft, { userId: ravi.id });
    await ravi.asks(communities.join, { communityId: runners.id });
    const [open, post] = [await ravi.listens(topic.community(runners.id)), await ravi.asks(communities.createPost, { communityId: runners.id, body: 'Here again' })];
    await expect(open).toHear(PostCreated, { postId: post.id });

    const left = screen.heard.findIndex(({ type }) => type === MemberLeft.type);
    expect(await screen.hears((heard) => heard.type === MemberJoined.type && heard.d['userId'] === ravi.id && screen.heard.indexOf(heard) > left)).toBeDefined();
  });

  it('asked again under one key is answered the same, and a new request is told that there is no membership', async () => {
    const { ravi, runners } = await world.given(threeRunners);
    const leave = () => sendOperation(world.addresses.api, communities.leave, { communityId: runners.id }, { token: ravi.token, idempotencyKey: 'enough-of-it' });
    const [first, again] = [await leave(), await leave()];
    expect([first.status, again.status, again.headers.get('idempotency-replayed')]).toEqual([200, 200, 'true']);
    expect(await again.json()).toEqual(await first.json());
    expect(await ravi.isRefused(communities.leave, { communityId: runners.id })).toMatchObject({ status: 404, code: 'member.not_found' });
  });

  it('by sixty taps is one departure', async () => {
    const { asha, mira, ravi, runners } = await world.given(threeRunners);
    const screen = await asha.listens(topic.community(runners.id));
    const taps = await Promise.allSettled(Array.from({ length: 60 }, () => ravi.asks(communities.leave, { communityId: runners.id })));
    expect(taps.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(taps.flatMap((tap) => (tap.status === 'rejected' ? [tap.reason.code] : [])).every((code) => code === 'member.not_found')).toBe(true);

    await mira.asks(communities.leave, { communityId: runners.id });
    await expect(screen).toHear(MemberLeft, { userId: mira.id });
    expect(screen.heard.filter(({ type, d }) => type === MemberLeft.type && d['userId'] === ravi.id)).toHaveLength(1);
  });

  it('is refused to the only owner', async () => {
    const { asha, runners } = await world.given(threeRunners);
    expect(await asha.isRefused(communities.leave, { communityId: runners.id })).toMatchObject({ status: 409, code: 'member.last_owner' });
  });
});

describe('removing a member', () => {
  it('is told with who did it', async () => {
    const { asha, ravi, runners } = await world.given(threeRunners);
    const own = await ravi.opensScreen();
    await asha.asks(communities.removeMember, { communityId: runners.id, userId: ravi.id });
    await expect(own).toHear(MemberLeft, { communityId: runners.id, userId: ravi.id, removedBy: asha.id });
    expect(await ravi.isRefused(communities.listPosts, { communityId: runners.id })).toMatchObject({ status: 404 });
    expect(await asha.isRefused(communities.removeMember, { communityId: runners.id, userId: ravi.id })).toMatchObject({ status: 404, code: 'member.not_found' });
  });

  it('takes a moderator, and nobody removes themselves', async () => {
    const { asha, ravi, mira, runners } = await world.given(threeRunners);
    expect(await ravi.isRefused(communities.removeMember, { communityId: runners.id, userId: mira.id })).toMatchObject({ status: 403, code: 'access.denied' });
    expect(await asha.isRefused(communities.removeMember, { communityId: runners.id, userId: asha.id })).toMatchObject({ status: 409, code: 'member.oneself' });
    const stranger = await world.someone('Dev');
    expect(await stranger.isRefused(communities.removeMember, { communityId: runners.id, userId: mira.id })).toMatchObject({ status: 404, code: 'resource.not_found' });
  });

  it('names somebody by their id: “me” is nobody, and nobody leaves by it', async () => {
    const { ravi, runners } = await world.given(threeRunners);
    const response = await fetch(new URL(`/api/v1/communities/${runners.id}/members/me`, world.addresses.api), { method: 'DELETE', headers: { authorization: `Bearer ${ravi.token}` } });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([400, 'request.invalid']);
    expect(await ravi.asks(communities.listPosts, { communityId: runners.id })).toEqual({ items: [], next: null });
  });
});
