import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { runProgram } from './processes/run-program.ts';

/** Who listens on this port: "node mela.mjs (pid 123)", or as much of that as this user may know. */
export function portOwner(port: number): Promise<string | undefined> {
  return process.platform === 'linux' ? ownerByProc(port) : ownerByLsof(port);
}

async function ownerByProc(port: number): Promise<string | undefined> {
  const sockets = (await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((table) => listeners(table, port)))).flat();
  if (sockets.length === 0) return undefined;
  const links = new Set(sockets.map(({ inode }) => `socket:[${inode}]`));
  for (const pid of (await entries('/proc')).filter((name) => /^\d+$/.test(name))) {
    if (!(await holdsOneOf(pid, links))) continue;
    return `${await nameOf(pid)} (pid ${pid})`;
  }
  // The files of other users' processes are closed to us; the table still tells whose socket it is.
  return `a process of the user with id ${sockets[0]?.uid}`;
}

/** As its command line tells: what a process calls itself is `MainThread` for every Node. */
async function nameOf(pid: string): Promise<string> {
  const [command = '', ...args] = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
  const program = basename(command);
  if (program === '') return (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'a process')).trim();
  const script = program === 'node' ? args.find((arg) => /^[^-].*\.[cm]?[jt]s$/.test(arg)) : undefined;
  return script === undefined ? program : `${program} ${basename(script)}`;
}

async function listeners(table: string, port: number): Promise<{ uid: string; inode: string }[]> {
  const text = await readFile(table, 'utf8').catch(() => '');
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const listening = '0A';
  return text.split('\n').slice(1).flatMap((line) => {
    const [, local, , state, , , , uid, , inode] = line.trim().split(/\s+/);
    return local?.endsWith(`:${hexPort}`) && state === listening && uid !== undefined && inode !== undefined ? [{ uid, inode }] : [];
  });
}

async function holdsOneOf(pid: string, links: Set<string>): Promise<boolean> {
  for (const fd of await entries(`/proc/${pid}/fd`)) {
    if (links.has(await readlink(`/proc/${pid}/fd/${fd}`).catch(() => ''))) return true;
  }
  return false;
}

function entries(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

async function ownerByLsof(port: number): Promise<string | undefined> {
  const { ok, stdout } = await runProgram('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc']);
  const pid = /^p(\d+)$/m.exec(stdout)?.[1];
  const name = /^c(.+)$/m.exec(stdout)?.[1];
  return ok && pid !== undefined ? `${name ?? 'a process'} (pid ${pid})` : undefined;
}
