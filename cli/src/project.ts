import { rmSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Fault } from './fault.ts';

/** The same from the sources and from the build: both lie two folders below it. */
export const projectRoot = resolve(fileURLToPath(new URL('../..', import.meta.url)));

/** Everything a development instance keeps: the servers' data, its secrets, what runs at the moment. */
export class DataFolder {
  readonly path: string;

  constructor(
    given: string | undefined,
    private readonly cwd: string,
  ) {
    this.path = given === undefined ? join(projectRoot, '.mela') : resolve(cwd, given);
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Where development keeps its spans. */
  get traces(): string {
    return this.file('traces');
  }

  /** What to add to a command so that it means this folder. */
  get flag(): string {
    if (this.path === join(projectRoot, '.mela')) return '';
    const near = relative(this.cwd, this.path);
    const shown = near.startsWith('..') ? this.path : near;
    return ` --data ${/^[\w./+@%-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", `'\\''`)}'`}`;
  }

  async read(name: string): Promise<string | undefined> {
    try {
      return await readFile(this.file(name), 'utf8');
    } catch (fault) {
      if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      if ((fault as NodeJS.ErrnoException).code === 'ENOTDIR') throw new Fault('folder.unfit', `${this.path} is no folder.`, { hint: 'Name another one with --data <folder>.' });
      throw fault;
    }
  }

  /** A file that Mela wrote. One that is not as it was written stops the command: to replace it would lose what it held. */
  async readObject(name: string, remedy: { code: string; hint: string }, isWhole: (value: Record<string, unknown>) => boolean): Promise<Record<string, unknown> | undefined> {
    const text = await this.read(name);
    if (text === undefined) return undefined;
    const value = parsed(text);
    if (typeof value === 'object' && value !== null && isWhole(value as Record<string, unknown>)) return value as Record<string, unknown>;
    throw new Fault(remedy.code, `${this.file(name)} is damaged.`, { hint: remedy.hint });
  }

  /** Readable by this user alone, and complete or not there at all. */
  async write(name: string, content: string): Promise<void> {
    await mkdir(this.path, { recursive: true });
    const draft = `${this.file(name)}.new`;
    await writeFile(draft, content, { mode: 0o600 });
    await rename(draft, this.file(name));
  }

  /** At once, since it may be the last thing a process does. */
  remove(name: string): void {
    rmSync(this.file(name), { force: true });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
