import type { Tx } from '@mela/chassis';
import { SessionRevoked } from '@mela/contracts';
import { SessionStore } from './session.store.ts';

/** Tells how many of the person's sessions have ended with it; of those in which another looked through somebody's eyes it says nothing. */
export async function endSessions(tx: Tx, personId: string, which: { only?: string; but?: string } = {}): Promise<number> {
  const ended = await tx.get(SessionStore).end(personId, which);
  for (const session of ended) tx.emit(SessionRevoked, session, { sessionId: session.id, userId: session.personId });
  return which.only === undefined ? ended.filter(({ impersonatorId }) => impersonatorId === null).length : ended.length;
}
