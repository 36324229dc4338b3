import { isRefusal, ProfileHasChanged, type identity, type In, type Profile, type Refusal } from '@mela/contracts';
import { changeHandle } from '../handle/handle.ts';

/** A profile as it is kept; of whoever never changed anything, as it would be. */
export interface ProfileState extends Profile {
  readonly handlesGivenUp: readonly Date[];
}

export type ProfilePatch = Omit<In<typeof identity.changeProfile>, 'expectedVersion'>;

export interface ProfileChange {
  readonly after: ProfileState;
  /** What is another than before. */
  readonly fields: readonly string[];
}

export const asProfile = ({ handlesGivenUp: _, ...profile }: ProfileState): Profile => profile;

/** What a patch comes to. What it does not name stays, what it names and is so already is no change. */
export function changeProfile(before: ProfileState, patch: ProfilePatch, at: Date, expectedVersion?: number): ProfileChange | Refusal {
  if (expectedVersion !== undefined && expectedVersion !== before.version) return ProfileHasChanged(undefined, { version: before.version });
  const { visibility, ...rest } = patch;
  const wanted: ProfileState = { ...before, ...named(rest), visibility: { ...before.visibility, ...named(visibility ?? {}) } };
  const fields = changedIn(before, wanted);
  if (!fields.includes('handle')) return { after: wanted, fields };
  const handle = changeHandle({ handle: before.handle, givenUp: before.handlesGivenUp }, wanted.handle, at);
  return isRefusal(handle) ? handle : { after: { ...wanted, handlesGivenUp: handle.givenUp }, fields };
}

const named = <T extends object>(given: T) => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as { [K in keyof T]-?: Exclude<T[K], undefined> };

function changedIn(before: ProfileState, after: ProfileState): string[] {
  const { visibility: _before, handlesGivenUp: _given, ...plain } = before;
  const own = (Object.keys(plain) as (keyof typeof plain)[]).filter((field) => before[field] !== after[field]);
  const shown = (Object.keys(before.visibility) as (keyof Profile['visibility'])[]).filter((field) => before.visibility[field] !== after.visibility[field]);
  return [...own, ...shown.map((field) => `visibility.${field}`)];
}
