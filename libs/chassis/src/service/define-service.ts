import { mela, SERVICE, type Catalogue } from '@mela/contracts';
import { redisSettings } from '../redis/redis-settings.ts';
import { busSettings } from '../settings/bus-settings.ts';
import { databaseSetting, databaseSettings } from '../settings/process-settings.ts';
import { readSettings, type SettingsSchema } from '../settings/settings.ts';
import type { Migration } from '../database/migration.ts';
import type { Target } from '../process/target.ts';
import { faultsOf } from './check-manifest.ts';
import type { Manifest } from './manifest.ts';
import { needsOf } from './needs.ts';
import { startService } from './service-host.ts';

export interface ServiceTarget extends Target {
  readonly kind: 'service';
  readonly migrations: readonly Migration[];
  /** It speaks with servers that are not Mela's. */
  readonly outside: boolean;
}

/** A service as something a process can host. What it hosts and hears is held against the contracts before it starts. */
export function defineService(manifest: Manifest, catalogue: Catalogue = mela): ServiceTarget {
  const name = manifest.hosts[SERVICE];
  const settings: Record<string, SettingsSchema> = {
    [`${name}.bus`]: busSettings(name), [`${name}.database`]: databaseSettings(name),
    ...(manifest.caches ? { [`${name}.redis`]: redisSettings } : {}), ...(manifest.settings ? { [name]: manifest.settings } : {}),
  };
  return {
    name,
    kind: 'service',
    settings,
    migrations: manifest.migrations,
    outside: manifest.outside ?? false,
    needs: () => needsOf(manifest, catalogue),
    start: async (process) => {
      const faults = faultsOf(manifest, catalogue);
      if (faults.length > 0) throw new Error(`The service does not fit the contracts:\n  ${faults.join('\n  ')}`);
      const read = readSettings(settings, process.environment);
      const databaseUrl = String(read[`${name}.database`]?.[databaseSetting(name)]);
      const redisUrl = read[`${name}.redis`]?.['REDIS_URL'] as string | undefined;
      return startService(manifest, process, { databaseUrl, redisUrl, own: read[name] ?? {}, says: saidBy(name, catalogue) });
    },
  };
}

const saidBy = (service: string, catalogue: Catalogue): ReadonlySet<string> =>
  new Set([...catalogue.events.values()].filter((event) => catalogue.ownerOf(event) === service).map(({ type }) => type));
