import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { FolderInUse } from './faults.ts';
import type { PartName } from './part.ts';
import { claim } from './processes/claim.ts';

/** What a private instance keeps between two starts, beside its data. */
interface Remembered {
  password: string;
  port?: number;
}

/** The folder of one private instance, `<dataDir>/<part>`, held by this process until it is released. */
export interface PartFolder {
  part: PartName;
  path: string;
  logFile: string;
  identityFile: string;
  remembered: Remembered;
  release(): Promise<void>;
}

export async function holdPartFolder(dataDir: string, part: PartName): Promise<PartFolder> {
  const path = resolve(dataDir, part);
  const { release } = await hold(path, part === 'postgres' ? enterable : secluded);
  try {
    const folder: PartFolder = {
      part, path, release,
      logFile: join(path, 'server.log'),
      identityFile: join(path, 'server.json'),
      remembered: await recall(path),
    };
    await remember(folder, folder.remembered);
    return folder;
  } catch (fault) {
    await release();
    throw fault;
  }
}

const secluded = 0o700;
/** The server may run as another user, inside a data folder that is closed to all but that one. */
const enterable = 0o711;

/** Creates the folder where needed and claims it for this process. */
export async function hold(path: string, mode: number): Promise<{ release(): Promise<void> }> {
  const claimed = await mkdir(path, { recursive: true, mode }).then(() => claim(join(path, 'owner'))).catch((fault: NodeJS.ErrnoException) => {
    if (fault.code === 'ENOTDIR' || fault.code === 'EEXIST') throw new Error(`${path} cannot be a data folder: a file is in its way. Choose another folder`, { cause: fault });
    if (fault.code !== 'EACCES' && fault.code !== 'EPERM' && fault.code !== 'EROFS') throw fault;
    throw new Error(`This user may not write to the data folder ${path} (${fault.code}). Run as the user who made it, or choose another folder`, { cause: fault });
  });
  if ('heldBy' in claimed) throw new FolderInUse(path, claimed.heldBy.pid);
  return claimed;
}

export async function remember(folder: PartFolder, remembered: Remembered): Promise<void> {
  folder.remembered = remembered;
  await writePrivately(memoryFile(folder.path), JSON.stringify(remembered));
}

/** Readable by this user alone, and complete or not there at all. */
export async function writePrivately(file: string, content: string): Promise<void> {
  const draft = `${file}.new`;
  await writeFile(draft, content, { mode: 0o600 });
  await rename(draft, file);
}

async function recall(path: string): Promise<Remembered> {
  const text = await readFile(memoryFile(path), 'utf8').catch((fault: NodeJS.ErrnoException) => {
    if (fault.code === 'ENOENT') return undefined;
    throw fault;
  });
  if (text === undefined) return { password: randomBytes(18).toString('hex') };
  // Without its password the data could not be opened again: a broken file must stop the start, not be replaced.
  const { password, port } = parsed(text);
  if (typeof password !== 'string') throw new Error(`${memoryFile(path)} is damaged: it holds no password. Restore it, or begin anew with another data folder`);
  return typeof port === 'number' ? { password, port } : { password };
}

function parsed(text: string): Partial<Remembered> {
  try {
    return (JSON.parse(text) as Partial<Remembered> | null) ?? {};
  } catch {
    return {};
  }
}

function memoryFile(path: string): string {
  return join(path, 'access.json');
}
