import type { Tx } from '@mela/chassis';
import { UserSecondFactorChanged } from '@mela/contracts';
import { PersonStore } from '../person/person.store.ts';
import { SecondFactorStore } from './second-factor.store.ts';

/** No codes from now on. The account is held, and the codes are. */
export async function turnOff(tx: Tx, personId: string, change: 'off' | 'reset'): Promise<void> {
  await tx.get(SecondFactorStore).remove(personId);
  const changed = await tx.get(PersonStore).askForCodes(personId, false);
  tx.emit(UserSecondFactorChanged, changed, { userId: personId, change });
}
