import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Fault } from '../fault.ts';

/** What a generator would do to the files: nothing is written before everything is known to fit. */
export interface Plan {
  readonly created: ReadonlyMap<string, string>;
  readonly edited: ReadonlyMap<string, string>;
}

/** What was done, as the command line tells it. */
export interface Outcome {
  readonly created: readonly string[];
  readonly edited: readonly string[];
  /** What is left to do, in order. */
  readonly next: readonly string[];
}

export class Files implements Plan {
  readonly created = new Map<string, string>();
  readonly edited = new Map<string, string>();

  constructor(private readonly root: string) {}

  async create(path: string, text: string): Promise<void> {
    if ((await this.text(path)) !== undefined) throw new Fault('new.exists', `${path} is there already`);
    this.created.set(path, text);
  }

  async edit(path: string, change: (text: string) => string): Promise<void> {
    const before = this.created.get(path) ?? this.edited.get(path) ?? (await this.text(path));
    if (before === undefined) throw new Fault('new.missing', `${path} is missing`);
    const after = change(before);
    if (after !== before) this.edited.set(path, after);
  }

  async has(path: string): Promise<boolean> {
    return this.created.has(path) || (await this.text(path)) !== undefined;
  }

  async read(path: string): Promise<string> {
    const text = this.edited.get(path) ?? (await this.text(path));
    if (text === undefined) throw new Fault('new.missing', `${path} is missing`);
    return text;
  }

  async write(next: readonly string[]): Promise<Outcome> {
    for (const [path, text] of [...this.created, ...this.edited]) {
      await mkdir(dirname(join(this.root, path)), { recursive: true });
      await writeFile(join(this.root, path), text);
    }
    return { created: [...this.created.keys()], edited: [...this.edited.keys()], next };
  }

  private async text(path: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.root, path), 'utf8');
    } catch (fault) {
      if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw fault;
    }
  }
}
