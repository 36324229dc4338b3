/** Everybody who listens. */
import { setTimeout as pause } from 'node:timers/promises';
import { watchCores } from '../cores.mjs';
import { answers } from '../contestant.mjs';
import { itself } from './itself.mjs';
import { Listener } from './listener.mjs';

/** A delivery that is so late is lost. */
const STALLED_MS = 30_000;
/** In which nothing comes after the last: what was told twice would. */
const QUIET_MS = 250;

/** @type {Listener[]} */
let listeners = [];
let wanted = Infinity;
let heard = 0;
/** When the last that is awaited came: nanoseconds of the machine's clock. @type {number | undefined} */
let last;
let all = () => {};
/** How busy the cores that are watched were until then, in percent. @type {number | undefined} */
let busy;
let look = () => /** @type {number | undefined} */ (undefined);
/** By event: when each socket heard it. @type {Map<string, number[]> | undefined} */
let times;

await answers({
  ...itself,
  /** So many more, each with the next of the tokens, from the first again when there are no more. @param {{ url: string, protocol: import('./listener.mjs').Place['protocol'], tokens: readonly string[], count: number }} task */
  async join({ url, protocol, tokens, count }) {
    const place = { url: new URL(url), protocol };
    for (const end = listeners.length + count; listeners.length < end; ) {
      const at = listeners.length;
      const batch = Array.from({ length: Math.min(250, end - at) }, (_, n) => Listener.open({ ...place, token: tokens[(at + n) % tokens.length] }, tally));
      listeners.push(...(await Promise.all(batch)));
    }
  },
  /** From now on so many events are awaited by each; `cores` are watched until the last has come. @param {{ events: number, timed?: boolean, cores?: readonly number[] }} task */
  expect({ events, timed, cores }) {
    times = undefined;
    /** @type {any} */ (globalThis).gc?.();
    times = timed ? new Map() : undefined;
    for (const listener of listeners) listener.expect(timed ? note : undefined);
    heard = 0;
    wanted = events * listeners.length;
    last = busy = undefined;
    look = cores ? watchCores(cores) : () => undefined;
  },
  /** When the last one heard the last event, once nothing more comes. Fails when nothing comes for so long, or somebody heard another number. @param {{ stalledMs?: number }} task */
  async done({ stalledMs = STALLED_MS }) {
    const isThere = await untilAll(stalledMs);
    for (let before = -1; isThere && before !== heard; ) {
      before = heard;
      await pause(QUIET_MS);
    }
    const each = wanted / listeners.length;
    const wrong = listeners.map((listener) => listener.heard).filter((count) => count !== each);
    if (wrong.length > 0) throw new Error(`${wrong.length} of ${listeners.length} sockets heard something else than ${each} events: ${tallied(wrong)}`);
    return { at: last, busy, times: times && [...times] };
  },
  async leave() {
    await Promise.all(listeners.map((listener) => listener.leave()));
    listeners = [];
  },
});

/** Whether everything came: false when nothing more did, for so long. @param {number} stalledMs @returns {Promise<boolean>} */
function untilAll(stalledMs) {
  if (last !== undefined) return Promise.resolve(true);
  return new Promise((resolve) => {
    let [before, since] = [heard, performance.now()];
    const timer = setInterval(() => {
      if (heard !== before) [before, since] = [heard, performance.now()];
      else if (performance.now() - since >= stalledMs) end(false);
    }, stalledMs / 10);
    const end = (/** @type {boolean} */ isThere) => {
      clearInterval(timer);
      all = () => {};
      resolve(isThere);
    };
    all = () => end(true);
  });
}

/** @param {readonly number[]} wrong */
function tallied(wrong) {
  const times = new Map();
  for (const count of wrong) times.set(count, (times.get(count) ?? 0) + 1);
  return [...times].sort(([a], [b]) => a - b).map(([count, many]) => `${many} heard ${count}`).join(', ');
}

/** @param {number} events */
function tally(events) {
  heard += events;
  if (heard < wanted || last !== undefined) return;
  last = Number(process.hrtime.bigint());
  busy = look();
  all();
}

/** @param {string} id */
function note(id) {
  const moments = times?.get(id) ?? [];
  moments.push(Number(process.hrtime.bigint()));
  times?.set(id, moments);
}
