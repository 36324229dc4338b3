import type { Tx } from '@mela/chassis';
import { UserWaysInChanged, type DataOf } from '@mela/contracts';
import { WaysInStore } from './ways-in.store.ts';

/** To their other screens, and where one was added by mail: whoever reads that may not have done it. The account is held. */
export async function tellWayIn(tx: Tx, told: DataOf<typeof UserWaysInChanged>): Promise<void> {
  tx.emit(UserWaysInChanged, await tx.get(WaysInStore).changed(told.userId), told);
}
