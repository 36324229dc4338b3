import { id, LastOwner, MayNotHear, NotAMember, NotFound, NotOutranked, communityRoles, topic, type CommunityRole } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { asMembership, hearAsMember, idInTopic, leaving, memberAggregate, removing, type LivingMembership } from './membership.ts';

const membership: LivingMembership = { communityId: id(1), userId: id(2), role: 'member', version: 3, joinedAt: new Date(0) };

describe('a membership', () => {
  it('is one aggregate for one person in one community, however often they come and go', () => {
    expect(memberAggregate(membership)).toEqual({ id: `${id(1)}:${id(2)}`, version: 3 });
  });

  it('is shown without its version', () => {
    expect(asMembership(membership)).toEqual({ communityId: id(1), userId: id(2), role: 'member', joinedAt: '1970-01-01T00:00:00.000Z' });
  });
});

const as = (role: CommunityRole): LivingMembership => ({ ...membership, role });

describe('leaving', () => {
  it('is open to every member', () => {
    for (const role of ['member', 'moderator', 'admin'] as const) expect(leaving(as(role), 1)).toEqual(as(role));
  });

  it('is open to an owner while there is another one', () => {
    expect(leaving(as('owner'), 2)).toEqual(as('owner'));
    expect(leaving(as('owner'), 1)).toEqual(LastOwner());
  });

  it('takes a membership', () => {
    expect(leaving(undefined, 0)).toEqual(NotAMember());
  });
});

describe('removing', () => {
  it.each(communityRoles.flatMap((remover, rank) => communityRoles.map((removed, other) => [remover, removed, rank > other] as const)))('by a %s of a %s: %s', (remover, removed, may) => {
    expect(removing(as(remover), as(removed))).toEqual(may ? as(removed) : NotOutranked());
  });

  it('takes two memberships', () => {
    expect(removing(as('owner'), undefined)).toEqual(NotAMember());
    expect(removing(undefined, as('member'))).toEqual(NotFound());
  });
});

describe('a topic', () => {
  it('names what it is about', () => {
    expect(idInTopic(topic.community, `community:${id(1)}`)).toBe(id(1));
    expect(idInTopic(topic.post, `post:${id(1)}`)).toBe(id(1));
  });

  it('names nothing when it is of another kind, malformed, or spelt as events never spell it', () => {
    for (const name of [`person:${id(1)}`, 'community:42', 'community:', '', id(1), `community:${id(10).toUpperCase()}`, `community:${id(1)}:x`, `post:${id(1)}`])
      expect(idInTopic(topic.community, name), name).toBeUndefined();
  });

  it('is heard by members, on their community’s scope, since they came in', () => {
    expect(hearAsMember(topic.community(id(1)), membership)).toEqual({ topic: `community:${id(1)}`, scope: `community:${id(1)}`, since: '1970-01-01T00:00:00.000Z' });
    expect(hearAsMember(topic.post(id(4)), membership)).toEqual({ topic: `post:${id(4)}`, scope: `community:${id(1)}`, since: '1970-01-01T00:00:00.000Z' });
    expect(hearAsMember(topic.post(id(4)), undefined)).toEqual(MayNotHear());
  });
});
