import type { SignedIn } from '@mela/contracts';

/** One sign-in on one device: a family of refresh tokens, of which one is alive. */
export interface SessionState {
  readonly id: string;
  readonly personId: string;
  /** How often it was refreshed, and one. */
  readonly generation: number;
  /** Of the token that is alive. */
  readonly tokenHash: Buffer;
  readonly rotatedAt: Date;
  readonly expiresAt: Date;
  readonly revokedAt: Date | null;
}

/** As its owner sees it. */
export interface ListedSession {
  readonly id: string;
  readonly device: string | null;
  readonly createdAt: Date;
  readonly refreshedAt: Date;
  readonly expiresAt: Date;
}

export interface EndedSession {
  readonly id: string;
  readonly version: number;
  readonly personId: string;
  /** Who looked through the person's eyes with it. */
  readonly impersonatorId: string | null;
}

export const asSignedIn = ({ id, device, createdAt, refreshedAt, expiresAt }: ListedSession, current: string): SignedIn => ({
  id, device, createdAt: createdAt.toISOString(), refreshedAt: refreshedAt.toISOString(), expiresAt: expiresAt.toISOString(), isCurrent: id === current,
});

/** What comes of a refresh: a new token, the one given before, nothing, or the end of the whole session. */
export type Verdict = 'rotate' | 'repeat' | 'refuse' | 'revoke';

/** A token that is ours beyond doubt, and the one that would follow it. */
export interface Presented {
  readonly generation: number;
  readonly hash: Buffer;
  readonly successorHash: Buffer;
}

/** The token that is alive, or was until the session ended: whoever shows it was the last to be given one. */
export const isLatest = ({ generation, tokenHash }: SessionState, presented: Presented): boolean => presented.generation === generation && presented.hash.equals(tokenHash);

/**
 * A token works once. Whoever asks again within the grace, because the answer got lost or two tabs asked at once,
 * receives the same successor; any older token was copied, so the session ends for everyone who holds one.
 */
export function judge(session: SessionState, presented: Presented, at: Date, graceSeconds: number): Verdict {
  if (session.revokedAt !== null || session.expiresAt <= at) return 'refuse';
  if (presented.generation === session.generation) return isLatest(session, presented) ? 'rotate' : 'refuse';
  // Of a generation to come: the database was set back, and nothing is known about this one.
  if (presented.generation > session.generation) return 'refuse';
  const immediate = presented.generation === session.generation - 1 && presented.successorHash.equals(session.tokenHash);
  return immediate && at.getTime() - session.rotatedAt.getTime() <= graceSeconds * 1000 ? 'repeat' : 'revoke';
}
