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
 * @property {boolean | null} holds Null also where a goal is set and this run cannot say: `note` says why.
 * @property {true} [atMost] Less is better: the goal is the most that is good enough.
 * @property {'ours'} [goalOf] What the goal is measured by, where it is not the ratio: the figure of ours, in its unit.
 * @property {{ ours: number, peer: number }} [busy] How busy the cores of broker, publishers and crowd were, in percent: the most of all rounds.
 * @property {number} [peerUnheld] Where the peer was held up: the most it could have been without that, by what it used of its own core.
 * @property {boolean} [pinned] Whether whoever was measured had a core of its own.
 * @property {string} [note]
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
  return { ...costs(name, unit, ours, peer), goal: most, goalOf: 'ours', holds: median(ours) <= most };
}

/**
 * What may be said of a goal where everybody around left no room. Whoever is held up looks worse than they are: a verdict is kept
 * that would be the same, or clearer, without that. Where nobody knows which way a figure goes then, none is.
 * `peerUnheld` are rates that the peer cannot have passed, whoever was around: what is reached by them is reached.
 * @param {Result} result
 * @param {{ ours: readonly number[], peer: readonly number[], most: number, looks?: 'worse' | 'different', peerUnheld?: readonly number[] }} busy By round, in percent; empty where nobody could watch.
 * @returns {Result}
 */
export function judged(result, { ours, peer, most, looks = 'worse', peerUnheld }) {
  if (ours.length === 0 || peer.length === 0) return result;
  const busy = { ours: Math.max(...ours), peer: Math.max(...peer) };
  const told = { ...result, busy };
  const heldUp = { ours: busy.ours > most, peer: busy.peer > most };
  if (result.holds === null || (!heldUp.ours && !heldUp.peer)) return told;
  // A peer that looks worse flatters ours; ours, looking worse, makes the ratio less than it is.
  const isSafe = looks === 'worse' && (result.holds ? !heldUp.peer : !heldUp.ours);
  if (isSafe) return told;
  if (result.holds && result.goal !== null && peerUnheld) {
    const bound = Math.round(median(peerUnheld));
    if (result.ours / bound >= result.goal) return { ...told, peerUnheld: bound, note: `the peer was held up; by what it used of its own core it could not have passed ${bound} ${result.unit}` };
  }
  const whose = heldUp.ours && heldUp.peer ? 'both were' : heldUp.ours ? 'ours was' : 'the peer was';
  return { ...told, holds: null, note: `${whose} held up: the cores of broker, publishers and crowd were more than ${most} % busy` };
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
