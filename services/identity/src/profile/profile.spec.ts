import { id, identity, ProfileHasChanged } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { asProfile, changeProfile, type ProfileState } from './profile.ts';

const before: ProfileState = {
  personId: id(1), version: 3, name: 'Asha', handle: 'asha', bio: 'I run', avatar: null, locale: 'en', timeZone: null, units: null, theme: null,
  visibility: { bio: 'everyone', avatar: 'everyone', email: 'nobody' }, handlesGivenUp: [],
};
const at = new Date('2030-01-01T00:00:00Z');

describe('a change of a profile', () => {
  it('is of what it names; null clears, and the rest stays', () => {
    expect(changeProfile(before, { bio: null, theme: 'dark', name: undefined }, at)).toEqual({ after: { ...before, bio: null, theme: 'dark' }, fields: ['bio', 'theme'] });
  });

  it('to what is so already is none', () => {
    expect(changeProfile(before, { name: 'Asha', handle: 'asha', avatar: null, visibility: { email: 'nobody' } }, at)).toEqual({ after: before, fields: [] });
  });

  it('of who sees a field leaves the other fields’ as they are', () => {
    const visibility = { ...before.visibility, email: 'members' as const };
    expect(changeProfile(before, { visibility: { email: 'members' } }, at)).toEqual({ after: { ...before, visibility }, fields: ['visibility.email'] });
  });

  it('that rests on another version than there is, is refused with the one there is', () => {
    expect(changeProfile(before, { bio: 'I ran' }, at, 2)).toEqual(ProfileHasChanged(undefined, { version: 3 }));
    expect(changeProfile(before, { bio: 'I ran' }, at, 3)).toMatchObject({ fields: ['bio'] });
  });

  it('of the handle remembers that one was given up', () => {
    expect(changeProfile(before, { handle: 'asha.rao' }, at)).toEqual({ after: { ...before, handle: 'asha.rao', handlesGivenUp: [at] }, fields: ['handle'] });
    expect(changeProfile(before, { handle: 'admin' }, at)).toMatchObject({ code: 'identity.handle_reserved' });
  });
});

it('when handles were given up is nobody’s to read', () => {
  expect(asProfile(before)).not.toHaveProperty('handlesGivenUp');
});

describe('what may be asked for', () => {
  const takes = (patch: object) => identity.changeProfile.input.safeParse(patch).success;

  it('is a time zone by its name, which Intl knows', () => {
    for (const timeZone of ['Asia/Kathmandu', 'Asia/Kolkata', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5', 'UTC']) expect(takes({ timeZone }), timeZone).toBe(true);
    for (const timeZone of ['Asia/Atlantis', '+05:45', 'GMT+5:45', 'local', '']) expect(takes({ timeZone }), timeZone).toBe(false);
  });

  it('is a bio of 500 characters, an avatar that is an id, and never no name', () => {
    expect([takes({ bio: 'x'.repeat(500) }), takes({ bio: 'x'.repeat(501) })]).toEqual([true, false]);
    expect([takes({ avatar: id(9) }), takes({ avatar: 'https://example.org/me.png' })]).toEqual([true, false]);
    expect([takes({ name: null }), takes({ name: ' ' }), takes({ locale: 'fr' }), takes({ role: 'admin' }), takes({ visibility: { name: 'nobody' } })]).not.toContain(true);
  });
});
