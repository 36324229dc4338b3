import { randomBytes } from 'node:crypto';
import { Fault } from './fault.ts';
import type { DataFolder } from './project.ts';

const secretsFile = 'secrets.json';

/** Made once in a data folder, kept as long as it lives: what was signed or sealed with a secret needs the same one later. */
export class Secrets {
  private constructor(
    private readonly folder: DataFolder,
    private readonly known: Map<string, string>,
  ) {}

  static async open(folder: DataFolder): Promise<Secrets> {
    const remedy = { code: 'secrets.unreadable', hint: 'Restore it; or remove the whole data folder to begin anew.' };
    const known = await folder.readObject(secretsFile, remedy, (value) => Object.values(value).every((secret) => typeof secret === 'string'));
    return new Secrets(folder, new Map(Object.entries((known ?? {}) as Record<string, string>)));
  }

  /** A database outlived its secrets: new ones would not open what the old ones sealed. */
  needKept(): void {
    if (this.known.size > 0) return;
    throw new Fault('secrets.missing', `${this.folder.file(secretsFile)} is missing, and the database beside it was filled with its secrets.`, {
      hint: 'Restore it; or begin anew with another folder: --data <folder>.',
    });
  }

  /** The secrets of these names, those that are missing made and stored first. */
  async take(names: readonly string[]): Promise<Record<string, string>> {
    const missing = names.filter((name) => !this.known.has(name));
    for (const name of missing) this.known.set(name, randomBytes(32).toString('hex'));
    if (missing.length > 0) await this.folder.write(secretsFile, `${JSON.stringify(Object.fromEntries(this.known), undefined, 2)}\n`);
    return Object.fromEntries(names.map((name) => [name, this.known.get(name)!]));
  }
}
