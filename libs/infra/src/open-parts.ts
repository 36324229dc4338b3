import { resolve } from 'node:path';
import { FolderInUse, MissingPart, PartFault } from './faults.ts';
import { urlOf } from './from-url.ts';
import { LazyGuard, openPartWith } from './open-part.ts';
import { partNames, type OpenPart, type Parts, type PartsOptions } from './part.ts';
import { hold } from './part-folder.ts';

/** All three parts, started side by side. Either all are open, or none is left running. */
export async function openParts(options: PartsOptions): Promise<Parts> {
  const held = await holdFolder(options);
  const guard = new LazyGuard();
  const attempts = await Promise.allSettled(partNames.map((part) => openPartWith(part, options, guard)));
  const open = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));

  const stop = async () => {
    const ends = await Promise.allSettled(open.map((part) => part.stop()));
    guard.close();
    await held?.release();
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  };

  const faults = attempts.flatMap((attempt) => (attempt.status === 'rejected' ? [attempt.reason as unknown] : []));
  if (faults.length > 0) {
    await stop().catch(() => undefined);
    throw inOne(faults);
  }
  const [postgres, nats, redis] = open as [OpenPart, OpenPart, OpenPart];
  return { databaseAdminUrl: postgres.url, natsUrl: nats.url, natsPasswords: nats.passwords, redisUrl: redis.url, reports: open.map(({ report }) => report), stop };
}

/** Two at once on one folder would otherwise each get some of the parts. With three URLs nothing in the folder is used. */
async function holdFolder({ dataDir, env }: PartsOptions): Promise<{ release(): Promise<void> } | undefined> {
  if (partNames.every((part) => urlOf(part, env) !== undefined)) return undefined;
  return hold(resolve(dataDir), 0o755);
}

/** Whoever must install two things wants to hear of both at once. */
function inOne(faults: unknown[]): unknown {
  const decisive = faults.find((fault) => fault instanceof FolderInUse) ?? (faults.length === 1 ? faults[0] : undefined);
  if (decisive !== undefined) return decisive;
  const message = faults.map((fault) => (fault instanceof Error ? fault.message : String(fault))).join('\n');
  const missing = faults.find((fault) => fault instanceof MissingPart);
  const faulty = faults.find((fault) => fault instanceof PartFault);
  if (missing !== undefined) return new MissingPart(missing.part, message);
  return faulty === undefined ? new Error(message, { cause: faults[0] }) : new PartFault(faulty.part, message, { cause: faulty });
}
