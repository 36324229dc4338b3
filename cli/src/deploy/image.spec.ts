import { readFile, stat } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../project.ts';
import { imageContents } from './packages.ts';

let dockerfile: string;
let ignored: string[];
beforeAll(async () => {
  dockerfile = await readFile(join(projectRoot, 'deploy/Dockerfile'), 'utf8');
  ignored = (await readFile(join(projectRoot, '.dockerignore'), 'utf8')).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
});

/** What Docker is given to build from: the last pattern that fits a path or a folder above it decides. */
function isGiven(path: string): boolean {
  const steps = path.split('/').map((_, depth, words) => words.slice(0, depth + 1).join('/'));
  const fits = (pattern: string) => {
    const shape = pattern.split('/').map((word) => (word === '**' ? '.*' : word.replaceAll('.', '\\.').replaceAll('*', '[^/]*'))).join('/').replace(/^\.\*\//, '(.*/)?');
    return steps.some((step) => new RegExp(`^${shape}$`).test(step));
  };
  return ignored.reduce((given, line) => (line.startsWith('!') ? given || fits(line.slice(1)) : given && !fits(line)), true);
}

describe('the image', () => {
  it('is built from files that exist and that Docker is given', async () => {
    const copied = dockerfile.split('\n').filter((line) => line.startsWith('COPY ') && !line.includes('--from=')).flatMap((line) => line.split(' ').slice(1, -1));
    expect(copied.length).toBeGreaterThan(10);
    for (const path of copied) {
      await stat(join(projectRoot, path));
      expect(isGiven(path), path).toBe(true);
    }
  });

  it('is given no secret, no data folder, no packages or build of this machine, and no test', () => {
    for (const path of ['.env', 'deploy/settings.env', '.mela/secrets.json', '.git/config', 'node_modules/pg/package.json', 'services/identity/node_modules/x', 'cli/dist/main.js', 'cli/test/up.spec.ts', 'cli/.env', 'libs/bus/src/a.spec.ts'])
      expect(isGiven(path), path).toBe(false);
    expect(isGiven('libs/bus/src/index.ts')).toBe(true);
  });

  it('has every package that its own packages name, and every setting of the compiler', async () => {
    const { folders } = await imageContents(projectRoot);
    for (const folder of folders) {
      const { references } = ts.readConfigFile(join(projectRoot, folder, 'tsconfig.json'), (path) => ts.sys.readFile(path)).config as { references?: { path: string }[] };
      // What lies in the package's own folder comes along with it.
      const others = (references ?? []).filter(({ path }) => path.startsWith('../'));
      for (const { path } of others) expect(folders, `${folder} is compiled with ${path}`).toContain(join(folder, path));
      expect(dockerfile).toContain(`COPY ${folder}/package.json ${folder}/\n`);
      expect(dockerfile).toContain(`COPY ${folder} ${folder}\n`);
    }
  });

  it('needs no package at run time that is there for development alone', async () => {
    const { dependencies } = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };
    const { packages } = JSON.parse(await readFile(join(projectRoot, 'package-lock.json'), 'utf8')) as { packages: Record<string, { dev?: boolean }> };
    const { foreign, files } = await reachedFrom(join(projectRoot, 'cli/dist/main.js'));
    expect(files).toBeGreaterThan(150);
    expect(foreign).toContain('@nestjs/core');
    for (const name of foreign) {
      expect(Object.keys(dependencies), `${name} is imported`).toContain(name);
      expect(packages[`node_modules/${name}`], name).not.toHaveProperty('dev');
      expect(packages[`node_modules/${name}`], name).not.toHaveProperty('devOptional');
    }
  });
});

/** Every package of others that the built files import, from the entry on, through our own packages. */
async function reachedFrom(entry: string): Promise<{ foreign: Set<string>; files: number }> {
  const { folders } = await imageContents(projectRoot);
  const ours = new Map<string, string>();
  for (const folder of folders) ours.set((JSON.parse(await readFile(join(projectRoot, folder, 'package.json'), 'utf8')) as { name: string }).name, folder);
  const foreign = new Set<string>();
  const seen = new Set([entry]);
  for (const file of seen) {
    if (!file.endsWith('.js')) continue;
    for (const { fileName: name } of ts.preProcessFile(await readFile(file, 'utf8')).importedFiles) {
      if (isBuiltin(name)) continue;
      if (name.startsWith('.')) seen.add(join(dirname(file), name));
      else if (ours.has(name)) seen.add(join(projectRoot, ours.get(name)!, 'dist/index.js'));
      else foreign.add(name.split('/').slice(0, name.startsWith('@') ? 2 : 1).join('/'));
    }
  }
  return { foreign, files: seen.size };
}
