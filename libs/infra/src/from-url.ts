import { addresses, atLeast, place, settings, withoutSecrets } from './answers.ts';
import { PartFault } from './faults.ts';
import type { PartName, PartReport } from './part.ts';
import { serverFor } from './servers/servers.ts';

export function urlOf(part: PartName, env: NodeJS.ProcessEnv): string | undefined {
  return env[settings[part].setting]?.trim() || undefined;
}

/** A part that somebody else runs: used as it is, once it has answered. */
export async function checkUrl(part: PartName, url: string): Promise<PartReport> {
  const { label, setting, scheme, example, oldest } = settings[part];
  if (!addresses(url).every((address) => URL.canParse(address) && scheme.test(new URL(address).protocol))) {
    throw new PartFault(part, `${setting} is not an address of ${label}. It looks like ${example}`);
  }
  const { version } = await serverFor(part).answers(url, 5000).catch((fault: unknown) => {
    throw new PartFault(part, `${setting}: ${label} at ${place(url)} does not serve: ${withoutSecrets(reasonOf(fault), url)}`);
  });
  if (!atLeast(version, oldest)) {
    throw new PartFault(part, `${setting}: ${label} at ${place(url)} is version ${version}; Mela needs ${oldest} or newer`);
  }
  return { part, how: 'url', version, detail: `${label} ${version} at ${place(url)}, from ${setting}` };
}

function reasonOf(fault: unknown): string {
  if (fault instanceof AggregateError) return fault.errors.map(reasonOf).join('; ');
  return fault instanceof Error ? fault.message || fault.name : String(fault);
}
