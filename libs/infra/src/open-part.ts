import { settings } from './answers.ts';
import { MissingPart } from './faults.ts';
import { checkUrl, urlOf } from './from-url.ts';
import { Guard } from './guardian/guard.ts';
import { howToGet } from './how-to-get.ts';
import type { OpenPart, PartName, PartsOptions } from './part.ts';
import { openPrivatePart } from './private-part.ts';

/** One part: from its URL in the environment, else a private instance. */
export async function openPart(part: PartName, options: PartsOptions): Promise<OpenPart> {
  const guard = new LazyGuard();
  try {
    const open = await openPartWith(part, options, guard);
    const stop = open.stop.bind(open);
    open.stop = () => stop().finally(() => guard.close());
    return open;
  } catch (fault) {
    guard.close();
    throw fault;
  }
}

export async function openPartWith(part: PartName, options: PartsOptions, guard: LazyGuard): Promise<OpenPart> {
  const url = urlOf(part, options.env);
  if (url !== undefined) return { url, passwords: {}, report: await checkUrl(part, url), stop: async () => undefined, crash: () => notOurs(part), restart: () => notOurs(part) };
  if (process.platform === 'win32') throw new MissingPart(part, `${settings[part].label} is missing. ${howToGet(part)}`);
  return openPrivatePart(part, options, guard.get());
}

/** Where every part has a URL, no guardian is started. */
export class LazyGuard {
  private guard: Guard | undefined;

  get(): Guard {
    return (this.guard ??= new Guard());
  }

  close(): void {
    this.guard?.close();
  }
}

async function notOurs(part: PartName): Promise<never> {
  throw new Error(`${settings[part].label} was given by ${settings[part].setting}: a server that was not started here is never stopped here`);
}
