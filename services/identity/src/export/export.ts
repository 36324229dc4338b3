import { ExportTooSoon, type Export, type PersonalRecord, type Refusal } from '@mela/contracts';

const DAY_MS = 24 * 60 * 60_000;

/** How long services may take, and how long the archive is there. */
export const ANSWER_WITHIN_MINUTES = 60;
export const KEPT_DAYS = 7;

/** As it is read and sent: an answer over the bus has a megabyte at the most. Archives lie in pieces of this size, so it stays. */
export const CHUNK_BYTES = 512 * 1024;

export interface ExportState {
  readonly id: string;
  readonly personId: string;
  readonly expected: readonly string[];
  readonly askedAt: Date;
  /** With the two behind it: null while services are asked. */
  readonly readyAt: Date | null;
  readonly missing: readonly string[] | null;
  readonly bytes: number | null;
  readonly version: number;
}

/** One a day: collecting costs every service a look at all it has. */
export function mayExport(lastAt: Date | undefined, at: Date): Refusal | undefined {
  if (!lastAt || lastAt.getTime() <= at.getTime() - DAY_MS) return undefined;
  const possibleAt = new Date(lastAt.getTime() + DAY_MS).toISOString();
  return ExportTooSoon(`It is possible again at ${possibleAt}`, { possibleAt });
}

export const missingOf = ({ expected }: Pick<ExportState, 'expected'>, answered: readonly string[]): readonly string[] => expected.filter((service) => !answered.includes(service));

export function asExport({ id, expected, askedAt, readyAt, missing, bytes }: ExportState, answered: readonly string[]): Export {
  const stateOf = (service: string) => {
    if (readyAt) return missing!.includes(service) ? 'missing' : 'answered';
    return answered.includes(service) ? 'answered' : 'waiting';
  };
  return {
    id, state: readyAt ? 'ready' : 'collecting', askedAt: askedAt.toISOString(),
    services: expected.map((service) => ({ service, state: stateOf(service) })),
    archive: readyAt && { bytes: bytes!, expiresAt: new Date(readyAt.getTime() + KEPT_DAYS * DAY_MS).toISOString() },
  };
}

export const archiveName = ({ askedAt }: Pick<ExportState, 'askedAt'>): string => `mela-export-${askedAt.toISOString().slice(0, 10)}.zip`;

/** What a file of the archive holds: lists by their kind, in the order in which they were told. */
export const listsOf = (records: readonly PersonalRecord[]): Record<string, unknown[]> =>
  Object.fromEntries([...Map.groupBy(records, ({ kind }) => kind)].map(([kind, ofKind]) => [kind, ofKind.map(({ item }) => item)]));
