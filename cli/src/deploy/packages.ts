import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly workspaces: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
}

export interface ImageContents {
  readonly root: Manifest;
  /** The Node that the lock file names, so that containers run what `npm start` runs. */
  readonly node: string;
  /** The folders of the packages that the command line stands on, itself included: nothing else is in the image. */
  readonly folders: readonly string[];
}

export async function imageContents(root: string): Promise<ImageContents> {
  const manifest = await read<Manifest>(join(root, 'package.json'));
  const lock = await read<{ packages: Record<string, { version: string }> }>(join(root, 'package-lock.json'));
  const packages = new Map<string, { folder: string; dependencies: readonly string[] }>();
  for (const folder of await workspacesOf(root, manifest)) {
    const { name, dependencies } = await read<Manifest>(join(root, folder, 'package.json'));
    packages.set(name, { folder, dependencies: Object.keys(dependencies ?? {}) });
  }
  const needed = new Set<string>(['@mela/cli']);
  for (const name of needed) for (const other of packages.get(name)!.dependencies) if (packages.has(other)) needed.add(other);
  return { root: manifest, node: lock.packages['node_modules/node']!.version, folders: [...needed].map((name) => packages.get(name)!.folder).sort() };
}

async function workspacesOf(root: string, { workspaces }: Manifest): Promise<string[]> {
  const folders = await Promise.all(
    workspaces.map(async (pattern) => {
      if (!pattern.endsWith('/*')) return [pattern];
      const parent = pattern.slice(0, -2);
      return (await readdir(join(root, parent))).map((child) => `${parent}/${child}`);
    }),
  );
  // As npm sees it: what has no manifest is no package.
  return folders.flat().filter((folder) => existsSync(join(root, folder, 'package.json')));
}

const read = async <T>(path: string): Promise<T> => JSON.parse(await readFile(path, 'utf8')) as T;
