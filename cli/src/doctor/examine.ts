import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';
import { busUrlOf, readSettings, SettingsFault, settingsOf, type Environment, type Target } from '@mela/chassis';
import { choosePort, portOwner, survey, type Finding } from '@mela/infra';
import { OPERATOR } from '../bus-users.ts';
import type { DataFolder } from '../project.ts';
import { livingState, type State } from '../state.ts';
import { settingNames } from '../targets.ts';
import { publicPorts } from '../up/ports.ts';

export interface Examined {
  readonly what: string;
  readonly ok: boolean;
  readonly found: string;
  /** What to do about it. */
  readonly remedy?: string;
  /** What was looked at and does not serve. */
  readonly passedOver?: readonly string[];
}

interface Patient {
  readonly folder: DataFolder;
  readonly chosen: Environment;
  readonly targets: readonly Target[];
}

const oldestNode = 22;

/** Looks at everything a start would need. Starts, downloads and changes nothing. */
export async function examine({ folder, chosen, targets }: Patient): Promise<Examined[]> {
  const running = await livingState(folder);
  const findings = await survey({ dataDir: folder.path, env: { ...chosen, NATS_URL: busUrlOf(OPERATOR, chosen) } });
  const ports = await Promise.all(Object.entries(publicPorts).map(([setting, port]) => portOf(setting, chosen[setting] ?? String(port), chosen[setting] !== undefined, running)));
  return [node(), await dataFolder(folder), ...findings.map(part), ...ports, settings(chosen, targets), instance(running, folder)];
}

function node(): Examined {
  const ok = Number(process.versions.node.split('.')[0]) >= oldestNode;
  const found = `${process.versions.node} (${process.platform} ${process.arch})`;
  return { what: 'Node', ok, found, ...(ok ? {} : { remedy: 'Run `npm ci`, which brings Node 24 along.' }) };
}

async function dataFolder({ path }: DataFolder): Promise<Examined> {
  for (const place of [path, dirname(path)]) {
    const state = await access(place, constants.W_OK).then(() => 'writable' as const, (fault: NodeJS.ErrnoException) => fault.code ?? 'EACCES');
    if (state === 'writable') return { what: 'Data folder', ok: true, found: place === path ? path : `${path}, to be made` };
    if (state !== 'ENOENT') return { what: 'Data folder', ok: false, found: `${place} cannot be written (${state})`, remedy: 'Run as the user who owns it, or choose another folder with --data <folder>.' };
  }
  return { what: 'Data folder', ok: true, found: `${path}, to be made` };
}

function part({ label, use, passedOver, remedy }: Finding): Examined {
  return { what: label, ok: use !== undefined, found: use?.detail ?? 'not found', passedOver, ...(remedy === undefined ? {} : { remedy }) };
}

async function portOf(setting: string, text: string, explicit: boolean, running: State | undefined): Promise<Examined> {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) return { what: setting, ok: false, found: `${text} is not a port`, remedy: `Set ${setting} to a number from 1 to 65535.` };
  if (Object.values(running?.addresses ?? {}).some((address) => new URL(address).port === text)) return { what: setting, ok: true, found: `${port}, in use by the running instance` };
  const { port: free } = await choosePort({ setting, port, explicit: false });
  if (free === port || port === 0) return { what: setting, ok: true, found: port === 0 ? 'any free port' : `${port} is free` };
  const taken = `${port} is taken by ${(await portOwner(port)) ?? 'another process'}`;
  return explicit ? { what: setting, ok: false, found: taken, remedy: `Port ${free} is free: set ${setting}=${free}.` } : { what: setting, ok: true, found: `${taken}; ${free} would serve` };
}

function settings(chosen: Environment, targets: readonly Target[]): Examined {
  const set = settingNames(targets).filter((name) => chosen[name] !== undefined);
  const found = `${chosen['MELA_ENV'] ?? 'development'}; ${set.length === 0 ? 'none set, `mela up` makes them' : `set: ${set.sort().join(', ')}`}`;
  const faults = faultsOf(chosen, targets);
  if (faults.length === 0) return { what: 'Settings', ok: true, found };
  return { what: 'Settings', ok: false, found, passedOver: faults, remedy: 'Set these; `mela doctor --env-example` describes them all.' };
}

/** In development only what is set can be wrong: the rest is made. */
function faultsOf(chosen: Environment, targets: readonly Target[]): readonly string[] {
  try {
    readSettings(settingsOf(targets), chosen);
    return [];
  } catch (fault) {
    if (!(fault instanceof SettingsFault)) throw fault;
    return chosen['MELA_ENV'] === 'production' ? fault.faults : fault.faults.filter((line) => !/: is missing/.test(line));
  }
}

function instance(running: State | undefined, folder: DataFolder): Examined {
  if (running === undefined) return { what: 'Running', ok: true, found: `nothing on ${folder.path}` };
  return { what: 'Running', ok: true, found: `pid ${running.pid}: ${Object.values(running.addresses).join(', ') || 'parts only'}` };
}
