import { cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

export const repository = join(import.meta.dirname, '../../..');

const leftOut = new Set(['node_modules', '.git', '.nx', '.mela', '.env', 'coverage']);

/**
 * A copy of the repository to break things in. It borrows the installed packages, but its own packages are its own:
 * a link to the original's would let a fault in the copy go unseen.
 */
export async function scratchWorkspace(options: { built: boolean }): Promise<{ root: string; remove(): Promise<void> }> {
  const root = await mkdtemp(join(tmpdir(), 'mela-scratch-'));
  await cp(repository, root, {
    recursive: true,
    preserveTimestamps: true,
    filter: (path) => !leftOut.has(basename(path)) && (options.built || basename(path) !== 'dist'),
  });
  await borrowPackages(root);
  return { root, remove: () => rm(root, { recursive: true, force: true }) };
}

async function borrowPackages(root: string): Promise<void> {
  const [installed, borrowed] = [repository, root].map((folder) => join(folder, 'node_modules')) as [string, string];
  await mkdir(join(borrowed, '@mela'), { recursive: true });
  for (const name of await readdir(installed)) if (name !== '@mela') await symlink(join(installed, name), join(borrowed, name));
  for (const { name, folder } of await packagesOf(root)) await symlink(join(root, folder), join(borrowed, '@mela', name));
}

/** The workspace's own packages, as npm would link them. */
export async function packagesOf(root: string): Promise<{ name: string; folder: string }[]> {
  const { workspaces } = await manifest(join(root, 'package.json'));
  const folders = await Promise.all(
    (workspaces as string[]).map(async (pattern) => {
      if (!pattern.endsWith('/*')) return [pattern];
      const parent = pattern.slice(0, -2);
      return (await readdir(join(root, parent))).map((child) => `${parent}/${child}`);
    }),
  );
  return Promise.all(
    folders.flat().map(async (folder) => ({ folder, name: String((await manifest(join(root, folder, 'package.json')))['name']).replace('@mela/', '') })),
  );
}

const manifest = async (path: string): Promise<Record<string, unknown>> =>
  ((await import(path, { with: { type: 'json' } })) as { default: Record<string, unknown> }).default;
