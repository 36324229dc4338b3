import { id, MayNotHear } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { asMembership, communityOfTopic, hearCommunity, memberAggregate, type LivingMembership } from './membership.ts';

const membership: LivingMembership = { communityId: id(1), userId: id(2), role: 'member', version: 3, joinedAt: new Date(0) };

describe('a membership', () => {
  it('is one aggregate for one person in one community, however often they come and go', () => {
    expect(memberAggregate(membership)).toEqual({ id: `${id(1)}:${id(2)}`, version: 3 });
  });

  it('is shown without its version', () => {
    expect(asMembership(membership)).toEqual({ communityId: id(1), userId: id(2), role: 'member', joinedAt: '1970-01-01T00:00:00.000Z' });
  });
});

describe('a community’s topic', () => {
  it('names its community', () => {
    expect(communityOfTopic(`community:${id(1)}`)).toBe(id(1));
  });

  it('names none when it is of another kind, malformed, or spelt as events never spell it', () => {
    for (const name of [`person:${id(1)}`, 'community:42', 'community:', '', id(1), `community:${id(10).toUpperCase()}`, `community:${id(1)}:x`])
      expect(communityOfTopic(name), name).toBeUndefined();
  });

  it('is heard by whoever has a role there, on that community’s scope', () => {
    expect(hearCommunity(id(1), 'member')).toEqual({ topic: `community:${id(1)}`, scope: `community:${id(1)}` });
    expect(hearCommunity(id(1), null)).toEqual(MayNotHear());
  });
});
