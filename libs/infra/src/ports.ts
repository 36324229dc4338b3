import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { PortTaken } from './faults.ts';
import { portOwner } from './port-owner.ts';

export interface WantedPort {
  port: number;
  /** Somebody asked for exactly this one; else it is a default, and the next free one does as well. */
  explicit: boolean;
  /** The name of the setting, for the message. */
  setting: string;
  /** Ports that are promised to others who have not bound them yet. */
  avoid?: readonly number[];
}

export async function choosePort(wanted: WantedPort): Promise<{ port: number; moved: boolean }> {
  const { port, explicit, setting, avoid = [] } = wanted;
  if (port === 0) return { port: await anyFreePort(avoid), moved: false };
  if (!avoid.includes(port) && (await isFree(port))) return { port, moved: false };
  const free = await nextFree(port + 1, avoid);
  if (explicit || free === undefined) throw new PortTaken({ setting, port, free, owner: await portOwner(port) });
  return { port: free, moved: true };
}

async function nextFree(from: number, avoid: readonly number[]): Promise<number | undefined> {
  for (let port = from; port < from + 200 && port <= 65_535; port++) {
    if (!avoid.includes(port) && (await isFree(port))) return port;
  }
  return undefined;
}

/**
 * Free on every address. Asking for the wildcard alone is not enough everywhere:
 * macOS grants it while another process listens on the loopback address, and the two then split the callers.
 */
export async function isFree(port: number): Promise<boolean> {
  for (const host of ['127.0.0.1', '0.0.0.0', '::1', '::']) {
    if (!(await binds(port, host))) return false;
  }
  return true;
}

function binds(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (fault: NodeJS.ErrnoException) => resolve(fault.code === 'EADDRNOTAVAIL' || fault.code === 'EAFNOSUPPORT'));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * Below what Linux and macOS, as they come, give away by themselves: a server that is started again on its port finds it free, for no
 * connection and nobody who asked for just any port can have got it meanwhile.
 */
const OURS = { first: 20_000, last: 32_000 };

export async function anyFreePort(avoid: readonly number[] = []): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = randomInt(OURS.first, OURS.last);
    if (!avoid.includes(port) && (await isFree(port))) return port;
  }
  throw new Error(`No free port between ${OURS.first} and ${OURS.last}`);
}
