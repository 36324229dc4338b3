import { rmSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

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
      throw fault;
    }
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
