import { readFile, rename, writeFile } from 'node:fs/promises';
import { median, range } from './figures.mjs';

/**
 * @typedef {object} Result
 * @property {string} name
 * @property {number} ours The median of all rounds.
 * @property {number | null} peer
 * @property {string | null} peerName
 * @property {string} unit
 * @property {number | null} ratio The medians', ours to the peer's.
 * @property {{ ours: [number, number], peer: [number, number] | null, ratio: [number, number] | null }} range The ratios are those of each round.
 * @property {number | null} goal The least ratio that is good enough; null where a figure is only told.
 * @property {boolean | null} holds
 * @property {true} [atMost] Less is better: the goal is the most that is good enough.
 *
 * @typedef {object} Task
 * @property {number} events
 * @property {number} rounds
 * @property {number} seed
 * @property {string} [profile] A folder for CPU profiles of every process.
 * @property {string} [spans] A folder for the spans of ours.
 * @property {string[]} [only]
 * @property {boolean} [small] So little that nothing but its course can be seen.
 * @property {(line: string) => void} tell
 *
 * @typedef {(task: Task) => Promise<{ results: Result[], measured: object }>} Bench
 */

/**
 * Ours beside a peer, from rounds that took turns. Rates: more is better.
 * @param {string} name @param {string} unit @param {readonly number[]} ours
 * @param {{ name: string, rates: readonly number[], goal?: number }} [peer]
 * @returns {Result}
 */
export function compared(name, unit, ours, peer) {
  const middle = Math.round(median(ours));
  const alone = { name, ours: middle, peer: null, peerName: null, unit, ratio: null, range: { ours: range(ours.map(Math.round)), peer: null, ratio: null }, goal: null, holds: null };
  if (!peer) return alone;
  const ratio = median(ours) / median(peer.rates);
  const ratios = ours.map((rate, round) => hundredths(rate / peer.rates[round]));
  return {
    ...alone,
    peer: Math.round(median(peer.rates)),
    peerName: peer.name,
    ratio: hundredths(ratio),
    range: { ...alone.range, peer: range(peer.rates.map(Math.round)), ratio: range(ratios) },
    goal: peer.goal ?? null,
    // What is just below the goal misses it, however it is shown.
    holds: peer.goal === undefined ? null : ratio >= peer.goal,
  };
}

/**
 * The same of what something costs: less is better.
 * @param {string} name @param {string} unit @param {readonly number[]} ours
 * @param {{ name: string, costs: readonly number[], goal?: number }} peer
 * @returns {Result}
 */
export function costs(name, unit, ours, peer) {
  const ratio = median(ours) / median(peer.costs);
  return {
    name,
    ours: hundredths(median(ours)),
    peer: hundredths(median(peer.costs)),
    peerName: peer.name,
    unit,
    ratio: hundredths(ratio),
    range: {
      ours: range(ours.map(hundredths)),
      peer: range(peer.costs.map(hundredths)),
      ratio: range(ours.map((cost, round) => hundredths(cost / peer.costs[round]))),
    },
    goal: peer.goal ?? null,
    holds: peer.goal === undefined ? null : ratio <= peer.goal,
    atMost: true,
  };
}

/**
 * A cost with a bound of its own; the peer's is told beside it.
 * @param {string} name @param {string} unit @param {readonly number[]} ours
 * @param {{ name: string, costs: readonly number[], most: number }} peer
 * @returns {Result}
 */
export function bounded(name, unit, ours, { most, ...peer }) {
  return { ...costs(name, unit, ours, peer), goal: most, holds: median(ours) <= most };
}

const hundredths = (/** @type {number} */ value) => Math.round(value * 100) / 100;

/**
 * A file holds one run of each benchmark: of the one that was run now, no row of another moment stays.
 * @param {string} file @param {Result[]} results @param {object} measured
 */
export async function keep(file, results, measured) {
  const now = new Set(results.map(({ name }) => benchOf(name)));
  const others = (await kept(file)).filter(({ name }) => !now.has(benchOf(name)));
  const all = [...others, ...results.map((result) => ({ ...result, measured }))];
  await writeFile(`${file}.new`, `${JSON.stringify(all, undefined, 2)}\n`);
  await rename(`${file}.new`, file);
}

const benchOf = (/** @type {string} */ name) => name.split('.', 1)[0];

/** @param {string} file @returns {Promise<Result[]>} */
async function kept(file) {
  const text = await readFile(file, 'utf8').catch(() => '[]');
  return JSON.parse(text);
}
