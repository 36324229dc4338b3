import { chown, mkdir, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { atLeast } from '../answers.ts';
import { writePrivately, type PartFolder } from '../part-folder.ts';
import { leash } from '../processes/leash.ts';
import { lastLines, runProgram } from '../processes/run-program.ts';
import { npmPostgres } from '../programs/npm-postgres.ts';
import { distributionPostgres, initdbBeside, onPathSource, withInitdb } from '../programs/on-path.ts';
import { postgresAnswers } from './postgres-answers.ts';
import { disownStalePid } from './postgres-pid.ts';
import type { Boot, Server } from './server.ts';
import { unprivilegedUser } from './system-user.ts';

export const postgres: Server = {
  sources: [npmPostgres, withInitdb(onPathSource('postgres', ['postgres'], distributionPostgres))],
  // Fast shutdown; then at once, leaving the recovery to the next start.
  farewell: ['SIGINT', 'SIGQUIT'],
  answers: postgresAnswers,
  url: (port, password) => `postgres://mela:${password}@127.0.0.1:${port}/postgres`,

  runAs: ({ folder, program, env }) => unprivilegedUser(dataFolder(folder), [folder.path, dirname(program.command), program.command], env),

  async prepare(boot) {
    const data = dataFolder(boot.folder);
    if (!(await exists(data))) return create(data, boot);
    await needSameMajor(data, boot);
    await disownStalePid(data);
  },

  args: ({ folder, port, host, throwaway }) => {
    const options = {
      listen_addresses: host,
      port,
      // A socket's path may not exceed 107 bytes, and a data folder's easily does.
      unix_socket_directories: '',
      max_connections: 200,
      timezone: 'UTC',
      log_timezone: 'UTC',
      ...(throwaway ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {}),
    };
    return ['-D', dataFolder(folder), ...Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  },
};

function dataFolder(folder: PartFolder): string {
  return join(folder.path, 'data');
}

/** In a folder aside that is renamed when all is done: a start killed half-way leaves nothing that looks finished. */
async function create(data: string, { folder, program, runAs, env }: Boot): Promise<void> {
  const leftovers = (await readdir(folder.path)).filter((name) => name.startsWith('data.new-'));
  await Promise.all(leftovers.map((name) => rm(join(folder.path, name), { recursive: true, force: true }).catch(() => undefined)));

  const draft = `${data}.new-${randomBytes(4).toString('hex')}`;
  const passwordFile = join(folder.path, 'password');
  await mkdir(draft, { mode: 0o700 });
  await writePrivately(passwordFile, `${folder.remembered.password}\n`);
  if (runAs !== undefined) for (const path of [draft, passwordFile]) await chown(path, runAs.uid, runAs.gid);
  try {
    const args = ['--pgdata', draft, '--username', 'mela', '--pwfile', passwordFile, '--auth', 'scram-sha-256', '--encoding', 'UTF8', '--no-sync', ...locale(program.version)];
    const { command, args: leashedArgs, uid, gid } = await leash({ command: initdbBeside(program.command), args, runAs }, 'SIGKILL', env);
    const made = await runProgram(command, leashedArgs, { uid, gid, cwd: folder.path, timeout: 120_000, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', ...program.env } });
    if (!made.ok) throw new Error(`initdb failed: ${lastLines(made.said)}`);
    await rename(draft, data);
  } finally {
    await rm(passwordFile, { force: true });
    await rm(draft, { recursive: true, force: true });
  }
}

/** The built-in locale sorts alike on every machine; before version 17 plain C is what there is. */
function locale(version: string): string[] {
  return atLeast(version, '17') ? ['--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8', '--locale', 'C'] : ['--locale', 'C'];
}

async function needSameMajor(data: string, { program }: Boot): Promise<void> {
  const made = (await readFile(join(data, 'PG_VERSION'), 'utf8')).trim();
  if (made !== program.version.split('.')[0]) {
    throw new Error(`The data in ${data} was made by PostgreSQL ${made}, and this is ${program.version}, from ${program.from}. Dump it with the old version, or choose another data folder`);
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(() => true, () => false);
}
