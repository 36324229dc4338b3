import { communities, identity, KeyRotated, KeyWithdrawn, MemberJoined, MemberLeft, SessionRevoked } from '@mela/contracts';
import { expect, it } from 'vitest';
import { keyringService, notesService } from './notes.fixture.ts';

it('what a service needs of the bus is what its manifest names, and what is done for every service', () => {
  expect(notesService.needs()).toEqual({
    name: 'notes',
    asks: [identity.jwks, communities.members, communities.membership],
    answers: true,
    says: ['note'],
    hears: [{ as: 'notes.members', events: [MemberJoined, MemberLeft] }],
    overhears: [KeyRotated, KeyWithdrawn, SessionRevoked],
  });
});

it('a service that keeps no members asks nobody about them', () => {
  expect(keyringService.needs()).toMatchObject({ asks: [identity.jwks], says: [], hears: [] });
});
