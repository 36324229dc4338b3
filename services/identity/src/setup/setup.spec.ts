import { id, type Profile } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { asSetup, isCompletedNow } from './setup.ts';

const fresh: Profile = {
  personId: id(1), version: 0, name: 'Asha', handle: null, bio: null, avatar: null, locale: null, timeZone: null, units: null, theme: null,
  visibility: { bio: 'everyone', avatar: 'everyone', email: 'nobody' },
};
const whole: Profile = { ...fresh, handle: 'asha', avatar: id(9), locale: 'ne', timeZone: 'Asia/Kathmandu', units: 'metric', theme: 'dark' };
const begun = { skipped: [], completedAt: null };
const states = (profile: Profile, skipped: readonly string[] = []) => Object.fromEntries(asSetup(profile, { ...begun, skipped }).steps.map(({ step, state }) => [step, state]));

describe('setting up a profile', () => {
  it('begins with the handle, since there is a name already', () => {
    expect(asSetup(fresh, begun)).toMatchObject({ next: 'handle', completedAt: null });
    expect(states(fresh)).toEqual({ handle: 'open', name: 'done', avatar: 'open', region: 'open', preferences: 'open' });
  });

  it('goes on with the first that is neither done nor skipped, and half a region is none', () => {
    expect(asSetup({ ...fresh, handle: 'asha', locale: 'ne' }, { ...begun, skipped: ['avatar'] })).toMatchObject({ next: 'region' });
  });

  it('knows what was done after it was skipped', () => {
    expect(states(whole, ['avatar', 'handle'])).toEqual({ handle: 'done', name: 'done', avatar: 'done', region: 'done', preferences: 'done' });
  });

  it('is complete when nothing is open, and once', () => {
    expect(isCompletedNow(asSetup(whole, begun))).toBe(true);
    expect(isCompletedNow(asSetup(fresh, { ...begun, skipped: ['handle', 'avatar', 'region', 'preferences'] }))).toBe(true);
    expect(isCompletedNow(asSetup({ ...whole, theme: null }, begun))).toBe(false);
    expect(isCompletedNow(asSetup(whole, { ...begun, completedAt: new Date(0) }))).toBe(false);
  });
});
