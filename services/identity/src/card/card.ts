import type { PersonCard, Profile, Visibility } from '@mela/contracts';

/** What others may see of a person, whoever they are. The e-mail address is not among it: it is looked up for those who may see it. */
export interface CardState {
  readonly id: string;
  /** Of the profile. */
  readonly version: number;
  readonly name: string;
  readonly handle: string | null;
  readonly avatar: string | null;
  readonly bio: string | null;
  readonly visibility: Profile['visibility'];
}

/** Who asks: a person, or somebody who is none and yet of the platform, as a service is, or not. */
export interface Viewer {
  readonly personId?: string | undefined;
  readonly isSignedIn: boolean;
}

export const viewerOf = (caller: { readonly personId: string } | undefined): Viewer => ({ personId: caller?.personId, isSignedIn: caller !== undefined });

function sees({ personId, isSignedIn }: Viewer, owner: string, visibility: Visibility): boolean {
  if (personId === owner || visibility === 'everyone') return true;
  return visibility === 'members' && isSignedIn;
}

export const seesEmail = (viewer: Viewer, { id, visibility }: CardState): boolean => sees(viewer, id, visibility.email);

/** A name and a handle are how people are known; the rest is shown to whom its owner shows it. */
export function show({ id, name, handle, avatar, bio, visibility }: CardState, viewer: Viewer, email: string | undefined): PersonCard {
  const shown = <T>(field: 'avatar' | 'bio', value: T) => (sees(viewer, id, visibility[field]) ? value : null);
  return { id, name, handle, avatar: shown('avatar', avatar), bio: shown('bio', bio), email: sees(viewer, id, visibility.email) ? (email ?? null) : null };
}
