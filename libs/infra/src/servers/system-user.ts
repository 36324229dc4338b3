import { readFile, stat } from 'node:fs/promises';
import { systemTool } from '../programs/program.ts';
import { runProgram } from '../processes/run-program.ts';

/** A user without rights of its own, for a server that refuses to run as root. */
export interface SystemUser {
  uid: number;
  gid: number;
  /** The one right it is given, when a folder on the way is closed to it (a checkout under /root, say). */
  mayEnter?: Capability | undefined;
}

type Capability = 'dac_read_search' | 'dac_override';

/**
 * Undefined unless we are root. The owner of existing data stays its owner; else the user `postgres`,
 * else `nobody`: no user is created on the machine.
 */
export async function unprivilegedUser(dataFolder: string, paths: string[], env: NodeJS.ProcessEnv): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const user = (await ownerOf(dataFolder)) ?? (await passwdEntry('postgres')) ?? (await passwdEntry('nobody'));
  if (user === undefined) throw new Error('PostgreSQL refuses to run as root, and there is neither a user "postgres" nor "nobody" to run it as');
  const closed = await firstClosed(paths, user);
  return closed === undefined ? user : { ...user, mayEnter: await rightToEnter(closed, env) };
}

async function ownerOf(folder: string): Promise<SystemUser | undefined> {
  const owner = await stat(folder).catch(() => undefined);
  return owner === undefined || owner.uid === 0 ? undefined : { uid: owner.uid, gid: owner.gid };
}

async function passwdEntry(name: string): Promise<SystemUser | undefined> {
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const [, , uid, gid] = passwd.split('\n').find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

async function firstClosed(paths: string[], { uid, gid }: SystemUser): Promise<string | undefined> {
  for (const path of paths) {
    if (!(await runProgram('/bin/sh', ['-c', 'test -x "$1"', 'sh', path], { uid, gid, cwd: '/' })).ok) return path;
  }
  return undefined;
}

/** The smaller right where the machine grants it; containers often keep only the larger one. */
async function rightToEnter(closed: string, env: NodeJS.ProcessEnv): Promise<Capability> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const bounds = BigInt(`0x${/^CapBnd:\s*(\w+)/m.exec(status)?.[1] ?? '0'}`);
  if ((await systemTool('setpriv', env)) !== undefined) {
    if (bounds & (1n << 2n)) return 'dac_read_search';
    if (bounds & (1n << 1n)) return 'dac_override';
  }
  throw new Error(`PostgreSQL refuses to run as root, and the user it would run as cannot enter ${closed}. Open its folders to others (chmod o+x), or choose another data folder`);
}
