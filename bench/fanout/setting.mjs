import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPart } from '@mela/infra';
import { Contestant } from '../contestant.mjs';
import { everyCore, pin, unpin } from '../cores.mjs';
import { Ground } from '../spine/ground.mjs';

/** @type {Record<'mela' | 'socket.io' | 'bare', string>} */
const SERVERS = { mela: 'gateway', 'socket.io': 'socket-io', bare: 'bare' };
const GATEWAY_CORE = 0;
const OTHERS_CORE = 1;
/** The crowd has room for what a turn makes it forget: while it collects garbage, nobody's event is seen to arrive. */
const WITHOUT_PAUSES = ['--expose-gc', '--min-semi-space-size=128', '--max-semi-space-size=128'];

/**
 * Everybody who takes part, new, until `use` is through: with one core for whoever is measured and the other for all the rest, or each wherever there is room.
 * @template T
 * @param {{ apart: boolean, people: number, tell: (line: string) => void }} options @param {(setting: any) => Promise<T>} use @returns {Promise<T>}
 */
export async function inSetting({ apart, people, tell }, use) {
  // Whoever is started from here on is where this process is.
  const pinned = apart && (await pin(process.pid, OTHERS_CORE));
  const ground = await Ground.open();
  const dataDir = await mkdtemp(join(tmpdir(), 'mela-bench-'));
  const redis = await openPart('redis', { dataDir, env: process.env });
  const urls = { ...ground.urls, redis: redis.url };
  /** @type {Contestant[]} */
  const started = [];
  const start = async (/** @type {string} */ name, /** @type {string[]} */ flags = []) => {
    const one = await Contestant.start(new URL(`./${name}.mjs`, import.meta.url), { urls }, flags);
    started.push(one);
    return one;
  };
  try {
    if (pinned) tell(`The gateway has core ${GATEWAY_CORE}, everything else core ${OTHERS_CORE}`);
    else tell(apart ? 'Nobody could be pinned to a core: read the ratios with care' : 'Nobody is pinned to a core');
    const town = await start('town');
    const [crowd, service] = [await start('crowd', WITHOUT_PAUSES), await start('service')];
    const serve = async (/** @type {keyof typeof SERVERS} */ protocol) => {
      const server = await start(SERVERS[protocol], ['--expose-gc']);
      if (pinned) await pin(server.child.pid, GATEWAY_CORE);
      return server;
    };
    const servers = { mela: await serve('mela'), 'socket.io': await serve('socket.io'), bare: await serve('bare') };
    /** @type {string[]} */
    const tokens = await town.ask('tokens', { people });
    /** @param {keyof typeof SERVERS} protocol @param {number} count @param {Contestant} [server] */
    const join = async (protocol, count, server = servers[protocol]) => crowd.ask('join', { url: await server.ask('url'), protocol, tokens, count });
    const describe = async () => ({ ...(await ground.describe()), redis: redis.report.version });
    return await use({ crowd, town, service, servers, serve, join, describe, pinned, watched: pinned ? [OTHERS_CORE] : apart ? undefined : everyCore() });
  } finally {
    await Promise.all(started.map((one) => one.end()));
    await redis.stop();
    await rm(dataDir, { recursive: true, force: true });
    await ground.close();
    if (pinned) await unpin(process.pid);
  }
}
