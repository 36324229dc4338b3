import { startWorld } from '@mela/testkit/world';
import { Contestant } from '../contestant.mjs';
import { median, seeded, shuffled } from '../figures.mjs';
import { costs } from '../results.mjs';
import { Line } from './line.mjs';

const GOAL = 1.2;
/** So many of one, then so many of the other: what slows the machine down for a while slows both. */
const TURN = 10;
const PASSWORD = 'patan-after-the-rain';
const EMAIL = 'asha@mela.example';
const NAMES = /** @type {const} */ (['ours', 'peer']);

/** Signing in over HTTP, one after the other, beside the hash alone: what is left is all that Mela adds to it. @type {import('../results.mjs').Bench} */
export async function bench({ rounds, seed, small, tell }) {
  const random = seeded(seed);
  const times = small ? 10 : 200;
  // One address signs in more often here than anybody may.
  process.env['RATE_LIMITS'] = 'off';
  const world = await startWorld('all');
  /** @type {Contestant | undefined} */
  let hasher;
  /** @type {Line | undefined} */
  let opened;
  try {
    const line = (opened = await Line.open(world.addresses.api));
    const peer = (hasher = await Contestant.start(new URL('./hasher.mjs', import.meta.url), {}));
    await line.ask('register', { email: EMAIL, password: PASSWORD, name: 'Asha' });
    const turns = {
      ours: () => signIns(line, TURN),
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
    opened?.close();
    await hasher?.end();
    await world.stop();
  }
}

/** @param {Line} line @param {number} times */
async function signIns(line, times) {
  const taken = [];
  for (let n = 0; n < times; n++) {
    const began = performance.now();
    await line.ask('sign-in', { email: EMAIL, password: PASSWORD });
    taken.push(performance.now() - began);
  }
  return taken;
}
