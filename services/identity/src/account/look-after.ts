import type { Caller } from '@mela/bus';
import type { Tx } from '@mela/chassis';
import { PersonUnknown, type Refusal } from '@mela/contracts';
import type { Account } from '../person/person.ts';
import { PersonStore } from '../person/person.store.ts';
import { mayLookAfter } from './account.ts';

/** Somebody whom the caller may look after, held until the transaction ends, as the caller is. */
export async function lookAfter(tx: Tx, { personId: asking }: Caller, personId: string): Promise<Account | Refusal> {
  const people = tx.get(PersonStore);
  // Before anybody else, as wherever roles are given: so that nobody waits in a circle.
  await people.lockSuperAdmins();
  const [asker, other] = await people.lockBoth(asking, personId);
  if (!other) return PersonUnknown();
  return mayLookAfter(asker, other) ?? other;
}
