import { z } from 'zod';
import { person } from '../language/access.ts';
import { event } from '../language/event.ts';
import { perUser } from '../language/limit.ts';
import { Id, Markdown, Text, id } from '../language/models.ts';
import { command, query } from '../language/operation.ts';
import { refusal } from '../language/refusal.ts';
import { topic } from '../topics.ts';
import { Handle, HandleGivenUpLately, HandleReserved, HandleTaken } from './handle.ts';
import { ProfileCompleted } from './setup.ts';

/** Who sees a field: everyone, whoever is signed in, or nobody but its owner. */
export const Visibility = z.enum(['everyone', 'members', 'nobody']);
export type Visibility = z.output<typeof Visibility>;

/** The languages that people are spoken to in. */
export const locales = ['en', 'ne', 'hi'] as const;
const Locale = z.enum(locales);
const Units = z.enum(['metric', 'imperial']);
const Theme = z.enum(['system', 'light', 'dark']);

/** Names alone: an offset such as +05:45 knows nothing of summer time, and Intl takes it too. */
function isTimeZone(zone: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9]*(?:[/_+-][A-Za-z0-9]+)*$/.test(zone)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

export const TimeZone = z.string().max(64).refine(isTimeZone, 'is no time zone that is known here').meta({ description: 'A time zone by its IANA name', examples: ['Asia/Kathmandu'] });

/** What a person says of themselves and how they like it, as they see it. What they never said is null. */
export const Profile = z.object({
  personId: Id,
  /** How often it has changed. */
  version: z.int(),
  name: z.string(),
  handle: z.string().nullable(),
  bio: z.string().nullable(),
  avatar: Id.nullable().meta({ description: 'The id of a picture among the media' }),
  locale: Locale.nullable(),
  timeZone: z.string().nullable(),
  units: Units.nullable(),
  theme: Theme.nullable(),
  visibility: z.object({ bio: Visibility, avatar: Visibility, email: Visibility }),
});
export type Profile = z.output<typeof Profile>;

export const ProfileHasChanged = refusal('identity.profile_changed', 409, 'The profile has changed since that version', 'Read it again, and decide anew');

export const ProfileChanged = event('profile.changed', {
  summary: 'A person’s profile has changed, in these fields',
  aggregate: 'profile',
  // Which fields, and nothing of what they hold: the log cannot forget. None, where the account was closed or opened: others see it no more, or again.
  data: z.object({ userId: Id, fields: z.array(z.string()) }),
  audience: (e) => [topic.person(e.userId)],
  example: { userId: id(1), fields: ['name', 'bio'] },
});

export const profileOperations = {
  profile: query({
    summary: 'The caller’s own profile',
    http: 'GET /identity/me/profile',
    access: person,
    limit: perUser(600, '1m'),
    input: z.object({}),
    output: Profile,
  }),
  changeProfile: command({
    summary: 'Change what is named of the caller’s profile; null clears, and what is left out stays',
    http: 'PATCH /identity/me',
    access: person,
    limit: perUser(60, '1m'),
    input: z.object({
      expectedVersion: z.int().min(0).optional().meta({ description: 'Nothing is changed where the profile has another version' }),
      name: Text(80).optional(),
      handle: Handle.nullable().optional(),
      bio: Markdown(500).nullable().optional(),
      avatar: Id.nullable().optional(),
      locale: Locale.nullable().optional(),
      timeZone: TimeZone.nullable().optional(),
      units: Units.nullable().optional(),
      theme: Theme.nullable().optional(),
      visibility: z.strictObject({ bio: Visibility.optional(), avatar: Visibility.optional(), email: Visibility.optional() }).optional(),
    }),
    output: Profile,
    refusals: [ProfileHasChanged, HandleTaken, HandleReserved, HandleGivenUpLately],
    emits: [ProfileChanged, ProfileCompleted],
    inPerson: true,
    byKey: true,
  }),
};
