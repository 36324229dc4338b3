import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram, type Ran } from '../processes/run-program.ts';
import { stanza, type AptSource } from './machine-sources.ts';

/**
 * apt with everything of its own in one folder: lists, cache, an empty set of installed packages. It needs no root
 * and leaves the machine's own lists, packages and hooks alone.
 */
export class PrivateApt {
  private readonly folder: string;
  private readonly sources: AptSource[];
  private readonly env: NodeJS.ProcessEnv;
  /** What went wrong on the way to the lists. Mirrors fail in part; what matters is whether the package is there in the end. */
  private complaint = '';

  constructor(folder: string, sources: AptSource[], env: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.sources = sources;
    this.env = { ...env, PATH: `${env.PATH ?? ''}:/usr/bin:/bin:/usr/sbin:/sbin`, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };
  }

  async update(): Promise<void> {
    for (const part of ['lists/partial', 'cache/archives/partial', 'sources.d', 'debs']) await mkdir(join(this.folder, part), { recursive: true });
    await writeFile(join(this.folder, 'sources.d', 'mela.sources'), this.sources.map(stanza).join('\n'));
    await writeFile(join(this.folder, 'apt.conf'), await this.config(), { mode: 0o600 });
    const ran = await this.apt('apt-get', ['update', '--quiet=2']);
    this.complaint = inOneLine(ran.said);
    if (!ran.ok) throw new Error(`the package list of ${this.archives()} could not be read (${this.complaint})`);
  }

  /** Downloads the packages, checked against the archive's signature, and unpacks them into `root`. */
  async unpack(packages: string[], root: string): Promise<void> {
    const debs = join(this.folder, 'debs');
    const before = new Set(await readdir(debs));
    const downloaded = await this.apt('apt-get', ['download', ...packages], debs);
    if (!downloaded.ok) throw new Error(`the package ${packages.join(', ')} could not be had from ${this.archives()} (${[this.complaint, inOneLine(downloaded.said)].filter(Boolean).join(' ')})`);
    for (const deb of (await readdir(debs)).filter((name) => !before.has(name))) {
      const unpacked = await runProgram('dpkg-deb', ['-x', join(debs, deb), root], { timeout: 60_000, env: this.env });
      if (!unpacked.ok) throw new Error(`${deb} could not be unpacked (${inOneLine(unpacked.said)})`);
    }
  }

  async dependencies(packages: string[]): Promise<string[]> {
    const ran = await this.apt('apt-cache', ['depends', '--important', '--no-recommends', ...packages]);
    return [...ran.stdout.matchAll(/^\s+\|?(?:Pre)?Depends: ([^<\s]+)$/gm)].map(([, name = '']) => name);
  }

  private archives(): string {
    return inOneLine(this.sources.map(({ uris, suites }) => `${uris} (${suites.join(', ')})`).join(', '));
  }

  private apt(tool: string, args: string[], cwd = this.folder): Promise<Ran> {
    return runProgram(tool, args, { cwd, timeout: 240_000, env: { ...this.env, APT_CONFIG: join(this.folder, 'apt.conf') } });
  }

  /**
   * The machine's way to its mirror (a proxy, say) is kept; its other settings are left out with their files,
   * for among them are commands that run after each update.
   */
  private async config(): Promise<string> {
    const machine = (await runProgram('apt-config', ['dump', '--no-empty', 'Acquire'], { env: this.env })).stdout;
    const way = machine.split('\n').filter((line) => line !== '' && !/^Acquire::(IndexTargets|Languages|Changelogs|CompressionTypes|cdrom)\b/.test(line));
    const path = (name: string) => join(this.folder, name);
    return [
      ...way,
      'Acquire::Languages "none";',
      'Acquire::Retries "2";',
      'Acquire::http::Timeout "20";',
      'Acquire::https::Timeout "20";',
      'Dir::Etc::main "/dev/null";',
      'Dir::Etc::parts "/dev/null";',
      'Dir::Etc::sourcelist "/dev/null";',
      `Dir::Etc::sourceparts "${path('sources.d')}";`,
      'Dir::Etc::preferences "/dev/null";',
      'Dir::Etc::preferencesparts "/dev/null";',
      `Dir::State "${path('.')}";`,
      `Dir::State::lists "${path('lists')}";`,
      'Dir::State::status "/dev/null";',
      `Dir::Cache "${path('cache')}";`,
      // As root, apt would otherwise hand over to a user who may not enter this folder.
      'APT::Sandbox::User "root";',
      '',
    ].join('\n');
  }
}

/** Without the credentials that an address of a private mirror may carry. */
function inOneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').replace(/\/\/[^\s/@]+@/g, '//');
}
