import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { PartName } from './part.ts';

/** What a private instance keeps between two starts, beside its data. */
export interface Remembered {
  password: string;
  port?: number;
}

/** The folder of one private instance: `<dataDir>/<part>`. */
export interface PartFolder {
  part: PartName;
  path: string;
  logFile: string;
  identityFile: string;
  claimFile: string;
  remembered: Remembered;
}

export async function openPartFolder(dataDir: string, part: PartName): Promise<PartFolder> {
  const path = resolve(dataDir, part);
  await mkdir(path, { recursive: true });
  const folder: PartFolder = {
    part, path,
    logFile: join(path, 'server.log'),
    identityFile: join(path, 'server.json'),
    claimFile: join(path, 'owner.json'),
    remembered: await recall(path),
  };
  await remember(folder, folder.remembered);
  return folder;
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
  // Without its password the data could not be opened again: a broken file must stop the start, not be replaced.
  return text === undefined ? { password: randomBytes(18).toString('hex') } : (JSON.parse(text) as Remembered);
}

function memoryFile(path: string): string {
  return join(path, 'access.json');
}
