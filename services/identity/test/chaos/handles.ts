import { identity } from '@mela/contracts';
import type { Invariant } from '@mela/testkit/chaos';

const name = 'a handle is one person’s';

/** Whoever was once answered that it is theirs has it, or gave it up lately: for a month it is nobody else's. */
export const oneOwner: Invariant = {
  name,
  judge: ({ history, services }) => {
    const owners = new Map((services['identity']!.rows['handle'] ?? []).map(({ handle, personId }) => [handle, personId]));
    const answered = history.flatMap((entry) => {
      if (entry.kind !== 'asked' || entry.operation !== identity.changeProfile.id || entry.outcome.kind !== 'answered') return [];
      const { handle } = entry.outcome.body as { handle: string | null };
      return handle === null ? [] : [{ handle, personId: entry.personId!, who: entry.who }];
    });
    return answered
      .filter(({ handle, personId }) => owners.get(handle) !== personId)
      .map(({ handle, personId, who }) => ({ invariant: name, what: `${who} was answered that they are called ${handle}, and it is ${owners.has(handle) ? `of ${String(owners.get(handle))}` : 'nobody’s'}`, about: [personId] }));
  },
};
