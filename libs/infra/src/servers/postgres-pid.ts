import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commandLine } from '../processes/process-identity.ts';

/** Larger than any pid a kernel gives out. */
const nobodysPid = 2_147_483_646;

/**
 * PostgreSQL refuses to start while the pid in its postmaster.pid is alive, whoever bears it by now: after a kill -9
 * and some time, or in a new container, that may be anyone. When it provably is another program, the pid is replaced.
 * The file itself stays, for with it PostgreSQL also checks that no orphan of the old server still has the data open.
 */
export async function disownStalePid(data: string): Promise<void> {
  const file = join(data, 'postmaster.pid');
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return;
  // Empty for one that is dead and that nobody buries, as happens in containers: still "alive" to PostgreSQL.
  const command = commandLine(pid);
  if (command === undefined) return;
  if (command.includes('postgres') && command.includes(data)) {
    throw new Error(`A PostgreSQL that was not started by this program already serves ${data} (pid ${pid}). Stop it first`);
  }
  await writeFile(file, [String(nobodysPid), ...lines.slice(1)].join('\n'));
}
