import { resolve } from 'node:path';
import { MissingPart } from './faults.ts';
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
  return { databaseAdminUrl: postgres.url, natsUrl: nats.url, redisUrl: redis.url, reports: open.map(({ report }) => report), stop };
}

/** Two at once on one folder would otherwise each get some of the parts. With three URLs nothing in the folder is used. */
async function holdFolder({ dataDir, env }: PartsOptions): Promise<{ release(): Promise<void> } | undefined> {
  if (partNames.every((part) => urlOf(part, env) !== undefined)) return undefined;
  return hold(resolve(dataDir), 0o755);
}

/** Whoever must install two things wants to hear of both at once. */
function inOne(faults: unknown[]): unknown {
  const [first, ...more] = faults;
  if (more.length === 0 || !faults.every((fault) => fault instanceof Error)) return first;
  const message = faults.map((fault) => (fault as Error).message).join('\n');
  return first instanceof MissingPart ? new MissingPart(first.part, message) : new Error(message, { cause: first });
}
