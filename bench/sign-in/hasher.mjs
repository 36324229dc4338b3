/** The peer: the hash that a sign-in cannot do without, and nothing else. */
import { argon2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { COST } from '../../services/identity/dist/person/password.js';
import { answers } from '../contestant.mjs';

const derive = promisify(argon2);
const nonce = randomBytes(16);

await answers({
  /** How long each took, in milliseconds. @param {{ times: number, password: string }} task */
  async hash({ times, password }) {
    const taken = [];
    for (let n = 0; n < times; n++) {
      const began = performance.now();
      await derive('argon2id', { message: password, nonce, memory: COST.memoryKiB, passes: COST.passes, parallelism: COST.lanes, tagLength: 32 });
      taken.push(performance.now() - began);
    }
    return taken;
  },
});
