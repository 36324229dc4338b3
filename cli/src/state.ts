import { readFileSync } from 'node:fs';
import { Fault } from './fault.ts';
import type { DataFolder } from './project.ts';

/** What runs on a data folder at the moment. Other commands find it here. */
export interface State {
  readonly pid: number;
  readonly startedAt: string;
  readonly addresses: Readonly<Record<string, string>>;
}

const stateFile = 'state.json';

export async function writeState(folder: DataFolder, state: State): Promise<void> {
  await folder.write(stateFile, `${JSON.stringify(state, undefined, 2)}\n`);
}

export const removeState = (folder: DataFolder): void => folder.remove(stateFile);

/** The state of a process that still lives: one that was killed leaves its file behind. */
export async function livingState(folder: DataFolder): Promise<State | undefined> {
  const remedy = { code: 'state.unreadable', hint: 'Remove it. Does Mela still run on this folder? Then stop it first, with Ctrl-C in its terminal.' };
  const state = (await folder.readObject(stateFile, remedy, isState)) as State | undefined;
  return state !== undefined && isMela(state.pid) ? state : undefined;
}

export async function refuseSecondUp(folder: DataFolder): Promise<void> {
  const state = await livingState(folder);
  if (state === undefined) return;
  const where = state.addresses['api'] === undefined ? '' : `, at ${state.addresses['api']}`;
  throw new Fault('up.running', `Mela runs on ${folder.path} already: pid ${state.pid}${where}.`, {
    hint: `Stop it with Ctrl-C in its terminal, or kill ${state.pid}; or choose another folder with --data <folder>.`,
    facts: { pid: state.pid },
  });
}

const isState = ({ pid, addresses }: Partial<Record<keyof State, unknown>>): boolean => typeof pid === 'number' && typeof addresses === 'object' && addresses !== null;

/** Pids are used again, soonest of all in a container. */
function isMela(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (fault) {
    return (fault as NodeJS.ErrnoException).code === 'EPERM';
  }
  if (process.platform !== 'linux') return true;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('mela');
  } catch {
    return false;
  }
}
