import { z } from 'zod';
import { person, services } from '../language/access.ts';
import { event } from '../language/event.ts';
import { perUser } from '../language/limit.ts';
import { Id, Instant, id } from '../language/models.ts';
import { command, download, query } from '../language/operation.ts';
import { refusal } from '../language/refusal.ts';
import { topic } from '../topics.ts';

/** All that is kept of a person, on its way to them. */
export const Export = z.object({
  id: Id,
  /** Collecting, until every service has answered or the time for it is over; then ready. */
  state: z.enum(['collecting', 'ready']),
  askedAt: Instant,
  services: z.array(z.object({ service: z.string(), state: z.enum(['waiting', 'answered', 'missing']) })),
  /** Of the archive, a zip with a file for each service; null while it is not there. */
  archive: z.object({ bytes: z.int(), expiresAt: Instant }).nullable(),
});
export type Export = z.output<typeof Export>;

export const ExportUnknown = refusal('identity.export_unknown', 404, 'You have no such export');
export const ExportTooSoon = refusal('identity.export_too_soon', 409, 'There was an export within the last day', 'It is the same one as now, or nearly');
export const ExportNotReady = refusal('identity.export_not_ready', 409, 'The export is not ready yet', 'Ask how far it is, or wait for export.ready');

export const ExportRequested = event('export.requested', {
  summary: 'A person wants to have all that is kept of them: whoever keeps anything hands it to identity',
  aggregate: 'export',
  data: z.object({ exportId: Id, userId: Id }),
  audience: (e) => [topic.person(e.userId)],
  example: { exportId: id(7), userId: id(1) },
});

export const ExportReady = event('export.ready', {
  summary: 'The archive is there, with what these services did not say in time left out',
  aggregate: 'export',
  data: z.object({ exportId: Id, userId: Id, missing: z.array(z.string()) }),
  audience: (e) => [topic.person(e.userId)],
  example: { exportId: id(7), userId: id(1), missing: [] },
});

/** One thing that is kept of a person: in the archive it stands in the list that is named after its kind. */
export const PersonalRecord = z.strictObject({ kind: z.string().min(1).max(60), item: z.record(z.string(), z.unknown()) });
export type PersonalRecord = z.output<typeof PersonalRecord>;

export const exportOperations = {
  requestExport: command({
    summary: 'Have all that is kept of the caller collected from every service; once a day',
    http: 'POST /identity/export',
    access: person,
    limit: perUser(10, '1m'),
    input: z.object({}),
    output: Export,
    refusals: [ExportTooSoon],
    emits: [ExportRequested],
    inPerson: true,
  }),
  export: query({
    summary: 'How far an export of the caller’s is',
    http: 'GET /identity/exports/:exportId',
    access: person,
    limit: perUser(120, '1m'),
    input: z.object({ exportId: Id }),
    output: Export,
    refusals: [ExportUnknown],
  }),
  exportArchive: download({
    summary: 'The archive: a zip with a file of JSON for each service',
    http: 'GET /identity/exports/:exportId/download',
    access: person,
    limit: perUser(30, '1m'),
    input: z.object({ exportId: Id }),
    mediaType: 'application/zip',
    refusals: [ExportUnknown, ExportNotReady],
    inPerson: true,
  }),
  deliverExportPart: command({
    summary: 'A page of what a service keeps of the person whose export it is; the first one begins anew, so all may be said again',
    access: services,
    input: z.object({ exportId: Id, service: z.string().max(60), page: z.int().min(0), isLast: z.boolean(), records: z.array(PersonalRecord).max(2_000) }),
    output: z.object({}),
    refusals: [ExportUnknown],
    emits: [ExportReady],
  }),
};
