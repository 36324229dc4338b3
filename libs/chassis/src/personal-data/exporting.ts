import type { Asker, ConsumerDefinition } from '@mela/bus';
import { ExportRequested, identity, isRefusal, type EventOf } from '@mela/contracts';
import type { Tx } from '../database/transaction.ts';
import { pagesOf } from './pages.ts';
import type { PersonalData } from './personal-data.ts';

export const exportingHearing = (service: string) => ({ as: `${service}.exports`, events: [ExportRequested] });

/** Whoever keeps personal data hands it to identity, page by page, when its person asks. What fails is said again from the first page. */
export const exporting = (service: string, kept: PersonalData, asker: Asker): ConsumerDefinition<Tx> => ({
  ...exportingHearing(service),
  poison: 'aside',
  handle: async (event) => {
    const { exportId, userId } = event.data as EventOf<typeof ExportRequested>['data'];
    for await (const page of pagesOf(kept.collect(userId))) {
      const outcome = await asker.ask(identity.deliverExportPart, { exportId, service, ...page });
      if (!isRefusal(outcome)) continue;
      // Nobody waits for it any more.
      if (outcome.status === 404) return;
      throw new Error(`${identity.deliverExportPart.id}: ${outcome.detail ?? outcome.title}`);
    }
  },
});
