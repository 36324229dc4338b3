import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { startWorld } from '@mela/testkit/world';
import { Contestant } from '../contestant.mjs';
import { median, seeded, shuffled } from '../figures.mjs';
import { costs } from '../results.mjs';

const GOAL = 1.2;
/** So many of one, then so many of the other: what slows the machine down for a while slows both. */
const TURN = 10;
const PASSWORD = 'patan-after-the-rain';
const EMAIL = 'asha@mela.example';
const NAMES = /** @type {const} */ (['ours', 'peer']);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

/** Signing in over HTTP, one after the other, beside the hash alone: what is left is all that Mela adds to it. @type {import('../results.mjs').Bench} */
export async function bench({ rounds, seed, small, tell }) {
  const random = seeded(seed);
  const times = small ? 10 : 200;
  // One address signs in more often here than anybody may.
  process.env['RATE_LIMITS'] = 'off';
  const world = await startWorld('all');
  /** @type {Contestant | undefined} */
  let hasher;
  try {
    const peer = (hasher = await Contestant.start(new URL('./hasher.mjs', import.meta.url), {}));
    await ask(world.addresses.api, 'register', { email: EMAIL, password: PASSWORD, name: 'Asha' });
    const turns = {
      ours: () => signIns(world.addresses.api, TURN),
      peer: () => peer.ask('hash', { times: TURN, password: PASSWORD }),
    };
    /** @type {Record<'ours' | 'peer', number[]>} */
    const taken = { ours: [], peer: [] };
    for (let round = 0; round <= rounds; round++) {
      /** @type {Record<'ours' | 'peer', number[]>} */
      const now = { ours: [], peer: [] };
      for (let done = 0; done < times; done += TURN) for (const name of shuffled(NAMES, random)) now[name].push(...(await turns[name]()));
      tell(`${round === 0 ? 'Warm-up' : `Round ${round}`}: signing in ${median(now.ours).toFixed(2)} ms, the hash ${median(now.peer).toFixed(2)} ms`);
      if (round > 0) for (const name of NAMES) taken[name].push(median(now[name]));
    }
    return { results: [costs('sign-in.time', 'ms', taken.ours, { name: 'argon2id alone, at the same cost', costs: taken.peer, goal: GOAL })], measured: { rounds, seed, signIns: times } };
  } finally {
    agent.destroy();
    await hasher?.end();
    await world.stop();
  }
}

/** @param {string} api @param {number} times */
async function signIns(api, times) {
  const taken = [];
  for (let n = 0; n < times; n++) {
    const began = performance.now();
    await ask(api, 'sign-in', { email: EMAIL, password: PASSWORD });
    taken.push(performance.now() - began);
  }
  return taken;
}

/** Over one connection that stays: a client that is slow itself would be counted as the gateway's. @param {string} api @param {string} what @param {object} body */
async function ask(api, what, body) {
  const sent = request(`${api}/api/v1/identity/${what}`, { agent, method: 'POST', headers: { 'content-type': 'application/json' } }).end(JSON.stringify(body));
  const [response] = /** @type {[import('node:http').IncomingMessage]} */ (await once(sent, 'response'));
  const answer = await text(response);
  if (response.statusCode !== 200) throw new Error(`${what}: ${response.statusCode} ${answer}`);
  return answer;
}
