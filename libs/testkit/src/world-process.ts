import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startContainers } from './containers.ts';
import { MelaProcess } from './mela-process.ts';

export interface WorldAddresses {
  readonly api: string;
  readonly realtime: string;
  /** The data folder: other commands of the command line join the world with it. */
  readonly data: string;
  /** What was sent by mail is read there: `GET /mails?to=`. */
  readonly mailbox: string;
  /** The OpenID provider, where accounts and tokens are made: `POST /accounts`, `POST /id-tokens`. */
  readonly oidc: string;
}

/** How the same services are spread over processes; the flows pass in each. */
export type Shape = 'all' | 'bus' | 'separate';

const processesOf: Record<Shape, readonly string[]> = {
  all: ['all'],
  // Everything in one process, and still no request takes the short path.
  bus: ['all'],
  separate: ['identity', 'communities', 'notifications', 'api', 'realtime'],
};

/** Starts the parts and the services as a person would, through the command line, and stops them all. */
export async function startWorld(shape: Shape): Promise<{ addresses: WorldAddresses; stop(): Promise<void> }> {
  const data = await mkdtemp(join(tmpdir(), 'mela-world-'));
  const containers = await startContainers();
  const children: MelaProcess[] = [];
  const stop = async () => {
    for (const child of children.toReversed()) await child.stop();
    await containers?.stop();
    await rm(data, { recursive: true, force: true });
  };
  const begin = async (...args: string[]) => {
    const child = new MelaProcess([...args, '--data', data], { ...containers?.environment, ASK_PATH: shape === 'bus' ? 'bus' : 'local' });
    children.push(child);
    return child.ready();
  };
  try {
    const { mailbox, oidc } = await begin('up', '--parts-only');
    const ready = await Promise.all(processesOf[shape].map((name) => begin('run', name)));
    const addresses = Object.assign({}, ...ready) as Record<string, string>;
    return { addresses: { api: addresses['api']!, realtime: addresses['realtime']!, data, mailbox: mailbox!, oidc: oidc! }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
