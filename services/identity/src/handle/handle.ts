import { HandleGivenUpLately, HandleReserved, type Refusal } from '@mela/contracts';

const DAY_MS = 24 * 60 * 60_000;

/** How long a handle that was given up stays its owner's, and within which time so many may be given up. */
export const KEPT_DAYS = 30;
const GIVEN_UP_AT_MOST = 2;

/** Whoever had one of these would pass for the house itself. */
const reserved = new Set([
  'abuse', 'account', 'admin', 'administrator', 'anonymous', 'api', 'billing', 'everyone', 'help', 'helpdesk', 'here', 'identity', 'mela', 'melasupport',
  'member', 'members', 'moderator', 'nobody', 'null', 'official', 'operator', 'owner', 'postmaster', 'privacy', 'root', 'security', 'staff',
  'superadmin', 'support', 'system', 'team', 'undefined', 'verified', 'webmaster',
]);

/** Dots and underscores hide nothing: `ad.min_` is `admin` to whoever reads it. */
export const isReserved = (handle: string): boolean => reserved.has(handle.replace(/[._]/g, ''));

export interface HeldHandle {
  readonly handle: string | null;
  /** When the person gave up one, lately. */
  readonly givenUp: readonly Date[];
}

/** What another handle, or none, comes to: when handles were given up since, or why not. A first one costs nothing. */
export function changeHandle({ handle: before, givenUp }: HeldHandle, after: string | null, at: Date): { readonly givenUp: readonly Date[] } | Refusal {
  if (after !== null && isReserved(after)) return HandleReserved();
  const lately = givenUp.filter((one) => one.getTime() > at.getTime() - KEPT_DAYS * DAY_MS).toSorted((a, b) => a.getTime() - b.getTime());
  if (before === null) return { givenUp: lately };
  if (lately.length < GIVEN_UP_AT_MOST) return { givenUp: [...lately, at] };
  const possibleAt = new Date(lately.at(-GIVEN_UP_AT_MOST)!.getTime() + KEPT_DAYS * DAY_MS).toISOString();
  return HandleGivenUpLately(`It is possible again at ${possibleAt}`, { possibleAt });
}
