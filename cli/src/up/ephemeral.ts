import { existsSync, readdirSync, rmSync } from 'node:fs';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { usage } from '../fault.ts';
import { DataFolder } from '../project.ts';
import { refuseSecondUp } from '../state.ts';

const mark = 'ephemeral';
const prefix = 'mela-throwaway-';

/** A data folder that is removed at the end. One that a person named is only taken when nothing of theirs is in it. */
export async function throwawayFolder(given: string | undefined, cwd: string): Promise<DataFolder> {
  if (given === undefined) {
    removeForgotten();
    const path = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
    await chmod(path, 0o711); // a server may run as another user inside
    return marked(new DataFolder(path, cwd));
  }
  const folder = new DataFolder(given, cwd);
  await refuseSecondUp(folder);
  // Marked, it is what a throwaway start that was killed left behind.
  if (existsSync(folder.file(mark))) rmSync(folder.path, { recursive: true, force: true });
  else if (existsSync(folder.path) && readdirSync(folder.path).length > 0)
    throw usage(`--ephemeral removes its data folder, and ${folder.path} is not empty.`, 'Name a folder that is empty or does not exist, or leave --data out.');
  return marked(folder);
}

async function marked(folder: DataFolder): Promise<DataFolder> {
  await folder.write(mark, '');
  return folder;
}

function removeForgotten(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1]);
    if (!Number.isNaN(pid) && !lives(pid)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (fault) {
    return (fault as NodeJS.ErrnoException).code === 'EPERM';
  }
}
