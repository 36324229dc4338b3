import { busEnvironment, busUrlOf, databaseSetting, natsPasswordSetting, readSettings, runTargets, settingsOf, type Environment, type Target, type Undo } from '@mela/chassis';
import { openParts, type PartFault, type Parts } from '@mela/infra';
import { prepareStream } from '../bus.ts';
import { OPERATOR, usersOf } from '../bus-users.ts';
import { writeEnv } from '../env-file.ts';
import { developmentFile, layered } from '../environment.ts';
import type { DataFolder } from '../project.ts';
import { hasSchemas, passwordName, prepareSchemas } from '../schemas.ts';
import { Secrets } from '../secrets.ts';
import { removeState, writeState } from '../state.ts';
import { servicesOf, settingNames } from '../targets.ts';
import { openOutside, standIns } from './outside.ts';
import { pagesOf } from './pages.ts';
import { choosePorts, type publicPorts } from './ports.ts';

interface Wanted {
  readonly folder: DataFolder;
  /** What a person set; everything else is made here. */
  readonly chosen: Environment;
  readonly targets: readonly Target[];
  readonly partsOnly: boolean;
  readonly throwaway: boolean;
  readonly tell: (line: string) => void;
  /** A server is gone for good. */
  readonly lost: (fault: PartFault) => void;
  /** Asked between two steps: true ends the start. */
  readonly stopped: () => boolean;
}

export interface Instance {
  readonly addresses: Readonly<Record<string, string>>;
  readonly parts: Parts;
  /** Where links in mails lead. */
  readonly webUrl: string;
  /** No schema had anything in it before. */
  readonly fresh: boolean;
}

/** Everything Mela needs, on this machine, for development. What is opened is noted for undoing, however far the start gets. */
export async function startInstance(wanted: Wanted, undo: Undo): Promise<Instance | undefined> {
  const { folder, chosen, targets, partsOnly, tell, stopped } = wanted;
  const services = servicesOf(targets);
  checkChosen(targets, chosen);
  const { MAILBOX_PORT, OIDC_PORT, ...ports } = await choosePorts({ chosen, settings: partsOnly ? ['MAILBOX_PORT', 'OIDC_PORT'] : undefined, tell });

  const parts = await openParts({
    dataDir: folder.path, env: { ...chosen, NATS_URL: busUrlOf(OPERATOR, chosen) }, throwaway: wanted.throwaway, natsUsers: usersOf(targets), progress: tell, lost: wanted.lost,
  });
  undo.push(() => parts.stop());
  for (const { detail } of parts.reports) tell(detail);
  if (stopped()) return undefined;

  const secrets = await Secrets.open(folder);
  const lacking = settingNames(targets).filter((name) => name.endsWith('_SECRET') && chosen[name] === undefined);
  if (chosen['DATABASE_ADMIN_URL'] === undefined && (await hasSchemas(parts.databaseAdminUrl, services))) secrets.needKept();
  const made = await secrets.take(lacking);
  const passwords = await secrets.take(services.filter(({ name }) => chosen[databaseSetting(name)] === undefined).map(({ name }) => passwordName(name)));
  const schemas = await prepareSchemas({ services, environment: chosen, adminUrl: parts.databaseAdminUrl, passwords });
  const steps = schemas.reduce((sum, { applied }) => sum + applied.length, 0);
  tell(steps === 0 ? 'The schemas are up to date' : `Migrated ${schemas.filter(({ applied }) => applied.length > 0).map(({ service }) => service).join(', ')}: ${steps} steps`);
  await prepareStream({ ...chosen, NATS_URL: parts.natsUrl });
  if (stopped()) return undefined;

  const outside = await openOutside(chosen, { mailbox: Number(MAILBOX_PORT), oidc: Number(OIDC_PORT) });
  undo.push(() => outside.stop());

  const settings = {
    DATABASE_ADMIN_URL: parts.databaseAdminUrl,
    ...busEnvironment(parts.natsUrl, parts.natsPasswords),
    REDIS_URL: parts.redisUrl,
    TRACE_FOLDER: folder.traces,
    ...Object.fromEntries(schemas.map(({ service, url }) => [databaseSetting(service), url])),
    WEB_URL: pagesOf(layered([{ API_PORT: chosenPort(chosen) }, { API_HOST: chosen['API_HOST'] }, ports])),
    ...outside.settings,
    ...made,
    ...ports,
  };
  const environment = layered([{ LOG_LEVEL: 'warn' }, settings, chosen, ports]);
  const started = partsOnly ? undefined : await runTargets(targets, environment);
  if (started) undo.push(() => started.stop());
  const addresses = { ...started?.addresses, ...outside.addresses };

  // What another process is to join with: what was made, and what a person set for this one.
  const known = new Set([...settingNames(targets), 'NATS_REPLICAS', 'NATS_CA_FILE', natsPasswordSetting(OPERATOR), 'DATABASE_ADMIN_URL', 'TRACE_FOLDER', 'TRACE_RATIO']);
  const joined = Object.entries({ ...environment, ...portsOf(addresses) }).filter(([name]) => known.has(name));
  undo.push(() => {
    removeState(folder);
    folder.remove(developmentFile);
  });
  await folder.write(developmentFile, writeEnv(Object.fromEntries(joined), 'Written by `mela up` and removed when it ends: the settings of what runs here.'));
  await writeState(folder, { pid: process.pid, startedAt: new Date().toISOString(), addresses });
  return { addresses, parts, webUrl: environment['WEB_URL']!, fresh: schemas.length > 0 && schemas.every(({ applied }) => applied.some((step) => step.startsWith('0000-'))) };
}

/** What a person set is checked before anything starts, with stand-ins for what is made later. */
function checkChosen(targets: readonly Target[], chosen: Environment): void {
  const madeLater = settingNames(targets).map((name): [string, string] => {
    if (name in standIns) return [name, standIns[name]!];
    if (name.endsWith('_DATABASE_URL')) return [name, 'postgres://localhost'];
    return [name, name === 'REDIS_URL' ? 'redis://localhost' : name.endsWith('_SECRET') ? '0'.repeat(64) : ''];
  });
  readSettings(settingsOf(targets), layered([Object.fromEntries(madeLater), { NATS_URL: 'nats://localhost' }, chosen]));
}

/** With the parts alone nobody listens yet, and whoever will takes the one that was chosen. */
const chosenPort = ({ API_PORT }: Environment): string | undefined => (API_PORT === '0' ? undefined : API_PORT);

/** A port of 0 was one that is free: by now it has a number. */
function portsOf(addresses: Readonly<Record<string, string>>): Record<string, string> {
  const names = { API_PORT: addresses['api'], REALTIME_PORT: addresses['realtime'] } satisfies Record<Exclude<keyof typeof publicPorts, 'MAILBOX_PORT' | 'OIDC_PORT'>, string | undefined>;
  return Object.fromEntries(Object.entries(names).flatMap(([setting, address]) => (address === undefined ? [] : [[setting, new URL(address).port]])));
}
