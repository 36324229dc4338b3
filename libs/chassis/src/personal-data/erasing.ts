import type { ConsumerDefinition } from '@mela/bus';
import { UserDeleted, type EventOf } from '@mela/contracts';
import type { Tx } from '../database/transaction.ts';
import { forgetAnswersTo } from '../idempotency/forget-answers.ts';
import type { PersonalData } from './personal-data.ts';

export const erasingHearing = (service: string) => ({ as: `${service}.personal-data`, events: [UserDeleted] });

/** Whoever keeps personal data erases it when its person is gone, and with it what they were answered. */
export const erasing = (service: string, kept: PersonalData): ConsumerDefinition<Tx> => ({
  ...erasingHearing(service),
  poison: 'aside',
  handle: async (event, tx) => {
    const { userId } = event.data as EventOf<typeof UserDeleted>['data'];
    await forgetAnswersTo(tx, userId);
    await kept.erase(userId, tx);
  },
});
