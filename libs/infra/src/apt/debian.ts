import { mkdtemp, mkdir, readdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { tryProgram } from '../programs/on-path.ts';
import { systemTool, type Program, type Search, type Sighting, type Source } from '../programs/program.ts';
import { cacheFolder, oneAtATime } from './cache-folder.ts';
import { distribution, machineSources, type AptSource, type Distribution } from './machine-sources.ts';
import { PrivateApt } from './private-apt.ts';

interface Package {
  name: string;
  /** The program inside the unpacked package, and the name it must be called by. */
  file: string;
  calledAs: string;
  /** The suite to take it from. */
  suite(own: Distribution): string;
}

const packages: Record<'nats' | 'redis', Package> = {
  // Debian 12's own NATS is 2.9. The program is static, so a newer suite's runs here too.
  nats: { name: 'nats-server', file: 'usr/sbin/nats-server', calledAs: 'nats-server', suite: ({ id, codename }) => (id === 'ubuntu' ? codename : 'trixie') },
  // The package redis-server only links to this file, which goes by the name it is called with.
  redis: { name: 'redis-tools', file: 'usr/bin/redis-check-rdb', calledAs: 'redis-server', suite: ({ codename }) => codename },
};

/** Servers from Debian's and Ubuntu's packages: downloaded and unpacked, not installed, so without root. */
export function debianSource(part: 'nats' | 'redis'): Source {
  return async (search): Promise<Sighting> => {
    const wanted = packages[part];
    for (const tool of ['apt-get', 'apt-cache', 'apt-config', 'dpkg-deb']) {
      if ((await systemTool(tool, search.env)) === undefined) return { is: 'absent', why: `no ${tool}, so no Debian packages` };
    }
    const own = await distribution();
    const sources = own === undefined ? [] : await sourcesFor(wanted, own);
    if (own === undefined || sources.length === 0) return { is: 'absent', why: 'no Debian or Ubuntu archive among the apt sources of this machine' };

    const suite = wanted.suite(own);
    const folder = join(await cacheFolder(search), 'packages');
    const name = `${wanted.name}-${suite}-${process.arch}`;
    const unpacked = await look(part, wanted, join(folder, name), suite);
    if ('command' in unpacked) return { is: 'there', program: unpacked };
    const obtain = () =>
      oneAtATime(folder, name, search.progress, async () => {
        const meanwhile = await look(part, wanted, join(folder, name), suite);
        return 'command' in meanwhile ? meanwhile : download(part, wanted, { folder, name, suite, sources }, search);
      });
    return { is: 'obtainable', how: 'debian', what: `the package ${wanted.name} of ${suite}, downloaded and unpacked into ${folder}`, obtain };
  };
}

async function sourcesFor(wanted: Package, own: Distribution): Promise<AptSource[]> {
  const sources = await machineSources(own);
  const suite = wanted.suite(own);
  const extra = own.id === 'ubuntu' ? ['universe'] : [];
  // With the security updates where the suite is the machine's own; else the main archive, asked for the other suite.
  const chosen = suite === own.codename ? sources : sources.slice(0, 1).map((source) => ({ ...source, suites: [suite] }));
  return chosen.map((source) => ({ ...source, components: [...new Set(['main', ...extra])] }));
}

async function look(part: 'nats' | 'redis', wanted: Package, folder: string, suite: string): Promise<Program | { why: string }> {
  const command = join(folder, wanted.calledAs);
  const env = await libraryPath(folder);
  const tried = await tryProgram(part, command, env);
  return 'version' in tried ? { how: 'debian', version: tried.version, from: `Debian's package ${wanted.name} (${suite})`, command, env } : tried;
}

interface Download {
  folder: string;
  name: string;
  suite: string;
  sources: AptSource[];
}

async function download(part: 'nats' | 'redis', wanted: Package, { folder, name, suite, sources }: Download, { progress, env }: Search): Promise<Program> {
  progress(`Downloading ${wanted.name} from the packages of ${suite}`);
  const draft = await mkdtemp(join(folder, 'draft-'));
  try {
    const apt = new PrivateApt(join(draft, 'apt'), sources, env);
    const root = join(draft, 'root');
    await mkdir(root);
    await apt.update();
    const tried = await unpackUntilItRuns(part, wanted, apt, root, suite);
    if (!('command' in tried)) throw new Error(tried.why);
    // Nobody has this name while we hold its lock; what may be there no longer runs.
    await rm(join(folder, name), { recursive: true, force: true });
    await rename(root, join(folder, name));
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  const program = await look(part, wanted, join(folder, name), suite);
  if (!('command' in program)) throw new Error(program.why);
  return program;
}

/** The package, then what it depends on, level by level, until nothing is missing: mostly the machine has the rest. */
async function unpackUntilItRuns(part: 'nats' | 'redis', wanted: Package, apt: PrivateApt, root: string, suite: string): Promise<Program | { why: string }> {
  // libc belongs to the machine: another one beside it does not run.
  const settled = new Set(['libc6', 'adduser', 'libgcc-s1', 'debconf']);
  let level = [wanted.name];
  let tried: Program | { why: string } = { why: `${wanted.name} is empty` };
  while (level.length > 0) {
    await apt.unpack(level, root);
    await symlink(wanted.file, join(root, wanted.calledAs)).catch(() => undefined);
    tried = await look(part, wanted, root, suite);
    if ('command' in tried) return tried;
    for (const name of level) settled.add(name);
    level = (await apt.dependencies(level)).filter((name) => !settled.has(name));
  }
  return tried;
}

async function libraryPath(root: string): Promise<Record<string, string>> {
  const folders: string[] = [];
  for (const base of ['usr/lib', 'lib']) {
    const triplets = await readdir(join(root, base)).catch(() => []);
    for (const name of triplets.filter((name) => name.includes('-linux-gnu'))) folders.push(join(root, base, name));
  }
  const there = await Promise.all(folders.map((folder) => stat(folder).then((entry) => entry.isDirectory(), () => false)));
  const paths = folders.filter((_, index) => there[index]);
  return paths.length === 0 ? {} : { LD_LIBRARY_PATH: paths.join(':') };
}
