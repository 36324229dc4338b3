/**
 * Everybody who listens. Sockets are read as bytes, and as little as possible is done with them: the crowd shares its core
 * with the servers, and is not what is measured.
 */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { watchCore } from '../cores.mjs';
import { answers } from '../contestant.mjs';
import { itself } from './itself.mjs';
import { SQUARE } from './sightings.mjs';

const EVENT = { mela: Buffer.from('"t":"ev"'), bare: Buffer.from('"t":"ev"'), 'socket.io': Buffer.from('42["ev"') };
/** Sent when the handshake is through, and what comes when everything is heard from then on. */
const GREETING = {
  mela: (/** @type {string} */ token) => [[JSON.stringify({ t: 'connect', token, subs: { [SQUARE]: '' } })], `{"t":"live","topic":"${SQUARE}"}`],
  bare: () => [['{"t":"hello"}'], '{"t":"live"}'],
  'socket.io': () => [['40'], '40{"sid"'],
};

/** A delivery that is so late is lost. */
const STALLED_MS = 30_000;
/** In which nothing comes after the last: what was told twice would. */
const QUIET_MS = 250;

/** @type {import('node:net').Socket[]} */
let sockets = [];
/** @type {Map<import('node:net').Socket, number>} */
let counts = new Map();
let wanted = Infinity;
let heard = 0;
/** When the last that is awaited came: nanoseconds of the machine's clock. @type {number | undefined} */
let last;
let all = () => {};
/** How busy a core was until then, in percent. @type {number | undefined} */
let busy;
let look = () => /** @type {number | undefined} */ (undefined);
/** @type {Map<string, number[]> | undefined} By event: when each socket heard it. */
let times;

await answers({
  ...itself,
  /** @param {{ url: string, protocol: keyof typeof EVENT, token: string, count: number }} task */
  async join({ url, protocol, token, count }) {
    for (let n = 0; n < count; n += 250) {
      const batch = await Promise.all(Array.from({ length: Math.min(250, count - n) }, () => open(new URL(url), protocol, token)));
      sockets.push(...batch);
    }
  },
  /** From now on so many events are awaited by each; `core`: is watched until the last has come. @param {{ events: number, timed?: boolean, core?: number | undefined }} task */
  expect({ events, timed, core }) {
    counts = new Map(sockets.map((socket) => [socket, 0]));
    heard = 0;
    wanted = events * sockets.length;
    last = busy = undefined;
    times = timed ? new Map() : undefined;
    look = core === undefined ? () => undefined : watchCore(core);
  },
  /** When the last one heard the last event, once nothing more comes. Fails when nothing comes for so long, or somebody heard another number. @param {{ stalledMs?: number }} task */
  async done({ stalledMs = STALLED_MS }) {
    const isThere = await untilAll(stalledMs);
    for (let before = -1; isThere && before !== heard; ) {
      before = heard;
      await pause(QUIET_MS);
    }
    const each = wanted / sockets.length;
    const wrong = [...counts.values()].filter((count) => count !== each);
    if (wrong.length > 0) throw new Error(`${wrong.length} of ${sockets.length} sockets heard something else than ${each} events: ${tallied(wrong)}`);
    return { at: last, busy, times: times && [...times] };
  },
  async leave() {
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve).destroy())));
    sockets = [];
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

/** @param {URL} url @param {keyof typeof EVENT} protocol @param {string} token @returns {Promise<import('node:net').Socket>} */
function open(url, protocol, token) {
  const [greeting, ready] = /** @type {[string[], string]} */ (GREETING[protocol](token));
  const mark = EVENT[protocol];
  return new Promise((resolve, reject) => {
    const socket = connect(Number(url.port), url.hostname);
    let joined = false;
    let start = '';
    socket.setNoDelay(true);
    socket.once('error', reject);
    socket.write(
      `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
    );
    let greeted = false;
    /** @type {Buffer} */
    let rest = Buffer.alloc(0);
    socket.on('data', (data) => {
      if (joined) {
        rest = count(socket, rest.length === 0 ? data : Buffer.concat([rest, data]), mark);
        return;
      }
      start += data.toString('latin1');
      if (!greeted && start.includes('\r\n\r\n')) {
        greeted = true;
        for (const line of greeting) socket.write(masked(line));
      }
      if (start.includes(ready)) {
        joined = true;
        start = '';
        resolve(socket);
      }
    });
  });
}

/** Counts the events of whole bytes, and gives back what may be the beginning of one. @param {import('node:net').Socket} socket @param {Buffer} data @param {Buffer} mark */
function count(socket, data, mark) {
  let found = 0;
  let from = 0;
  for (let at = data.indexOf(mark); at >= 0; at = data.indexOf(mark, from)) {
    if (times) {
      const id = idAfter(data, at);
      if (id === undefined) return data.subarray(at);
      const moments = times.get(id) ?? [];
      moments.push(Number(process.hrtime.bigint()));
      times.set(id, moments);
    }
    found++;
    from = at + mark.length;
  }
  if (found > 0) {
    counts.set(socket, (counts.get(socket) ?? 0) + found);
    heard += found;
    if (heard >= wanted && last === undefined) {
      last = Number(process.hrtime.bigint());
      busy = look();
      all();
    }
  }
  return data.subarray(Math.max(from, data.length - mark.length + 1));
}

/** @param {Buffer} data @param {number} from */
function idAfter(data, from) {
  const at = data.indexOf('"id":"', from);
  return at < 0 || at + 42 > data.length ? undefined : data.toString('latin1', at + 6, at + 42);
}

/** A client's frame of less than 64 kB. @param {string} text */
function masked(text) {
  const payload = Buffer.from(text);
  const length = payload.length < 126 ? [0x80 | payload.length] : [0x80 | 126, payload.length >> 8, payload.length & 0xff];
  // A mask of noughts is a mask.
  return Buffer.concat([Buffer.from([0x81, ...length, 0, 0, 0, 0]), payload]);
}
