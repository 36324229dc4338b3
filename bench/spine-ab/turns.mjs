import { shuffled } from '../figures.mjs';

/**
 * Everybody once in each round, in an order the seed decides; the round before the first warms up and is thrown away.
 * @template {string} Name
 * @param {Record<Name, () => Promise<number>>} turns Each answers a rate.
 * @param {{ rounds: number, random: () => number, tell: (line: string) => void }} options
 * @returns {Promise<Record<Name, number[]>>}
 */
export async function takeTurns(turns, { rounds, random, tell }) {
  const names = /** @type {Name[]} */ (Object.keys(turns));
  const rates = /** @type {Record<Name, number[]>} */ (Object.fromEntries(names.map((name) => [name, []])));
  for (let round = 0; round <= rounds; round++) {
    /** @type {string[]} */
    const told = [];
    for (const name of shuffled(names, random)) {
      const rate = await turns[name]();
      told.push(`${name} ${Math.round(rate).toLocaleString('en-GB')}`);
      if (round > 0) rates[name].push(rate);
    }
    tell(`${round === 0 ? 'Warm-up' : `Round ${round}`}: ${told.join(', ')} events/s`);
  }
  return rates;
}
