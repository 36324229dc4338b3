import { shuffled } from '../figures.mjs';

/** Broker, publishers and crowd that cannot keep up measure themselves. */
export const BUSY_AT_MOST = 80;
const TRIES = 3;

/**
 * With so many sockets; taken again while the others' core leaves no room, a few times. `busy` is that core's, in percent, where it was watched;
 * `worked` is the part of the time in which the server used its own.
 * @typedef {{ figure: number, busy?: number, worked?: number }} Turn
 * @typedef {{ figures: number[], busy: number[], worked: number[] }} Taken By round.
 * @param {any} context @param {string} protocol @param {number} sockets @param {() => Promise<Turn>} measure @returns {Promise<Turn>}
 */
export async function withRoom({ crowd, join, tell }, protocol, sockets, measure) {
  await join(protocol, sockets);
  try {
    for (let attempt = 1; ; attempt++) {
      const turn = await measure();
      const isHeldUp = turn.busy !== undefined && turn.busy > BUSY_AT_MOST;
      if (isHeldUp && attempt < TRIES) continue;
      if (isHeldUp) tell(`${protocol}: the others used ${turn.busy} % of their core: this figure may be theirs`);
      return turn;
    }
  } finally {
    await crowd.ask('leave');
  }
}

/**
 * @template {string} Name
 * @param {any} context @param {readonly Name[]} names @param {(name: Name, round: number) => Promise<Turn>} turn @param {string} unit
 * @returns {Promise<Record<Name, Taken>>}
 */
export async function inTurns({ rounds, random, tell }, names, turn, unit) {
  const taken = /** @type {Record<Name, Taken>} */ (Object.fromEntries(names.map((name) => [name, { figures: [], busy: [], worked: [] }])));
  for (let round = 0; round <= rounds; round++) {
    /** @type {string[]} */
    const told = [];
    for (const name of shuffled(names, random)) {
      const { figure, busy, worked } = await turn(name, round);
      told.push(`${name} ${figure >= 1_000 ? Math.round(figure).toLocaleString('en-GB') : figure.toFixed(2)}`);
      if (round === 0) continue;
      taken[name].figures.push(figure);
      if (busy !== undefined) taken[name].busy.push(busy);
      if (worked !== undefined) taken[name].worked.push(worked);
    }
    tell(`${round === 0 ? 'Warm-up' : `Round ${round}`}: ${told.join(', ')} ${unit}`);
  }
  return taken;
}
