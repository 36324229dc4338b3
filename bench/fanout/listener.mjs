import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { SQUARE } from './sightings.mjs';

const EVENT = { mela: Buffer.from('"t":"ev"'), bare: Buffer.from('"t":"ev"'), 'socket.io': Buffer.from('42["ev"') };
/** Sent when the handshake is through, and what comes when everything is heard from then on. */
const GREETING = {
  mela: (/** @type {string} */ token) => [[JSON.stringify({ t: 'connect', token, subs: { [SQUARE]: '' } })], `{"t":"live","topic":"${SQUARE}"}`],
  bare: () => [['{"t":"hello"}'], '{"t":"live"}'],
  'socket.io': () => [['40'], '40{"sid"'],
};
const ID = { mark: '"id":"', length: 36 };
const NOTHING = Buffer.alloc(0);
/** All sockets are read into it, one after the other: a buffer for each read would be most of what reading costs. */
const READ = Buffer.alloc(262_144);

/**
 * A socket that is read as bytes, with which as little as possible is done: it shares its core with others who are measured.
 * @typedef {{ url: URL, protocol: keyof typeof EVENT, token: string }} Place
 */
export class Listener {
  /** Events since something is expected. */
  heard = 0;
  /** What may be the beginning of an event. @type {Buffer} */
  rest = NOTHING;
  /** Told of each event's id, where somebody wants to know. @type {((id: string) => void) | undefined} */
  whenNamed;

  /** @param {Buffer} mark What an event begins with. @param {(events: number) => void} whenHeard */
  constructor(mark, whenHeard) {
    this.mark = mark;
    this.whenHeard = whenHeard;
  }

  /** Admitted, and subscribed. @param {Place} place @param {(events: number) => void} whenHeard @returns {Promise<Listener>} */
  static open({ url, protocol, token }, whenHeard) {
    const listener = new Listener(EVENT[protocol], whenHeard);
    const [greeting, ready] = /** @type {[string[], string]} */ (GREETING[protocol](token));
    return new Promise((resolve, reject) => {
      let [isGreeted, isReady, start] = [false, false, ''];
      const read = (/** @type {Buffer} */ data) => {
        if (isReady) return listener.read(data);
        start += data.toString('latin1');
        if (!isGreeted && start.includes('\r\n\r\n')) {
          isGreeted = true;
          for (const line of greeting) socket.write(masked(line));
        }
        isReady = start.includes(ready);
        if (isReady) resolve(listener);
      };
      const onread = { buffer: READ, callback: (/** @type {number} */ bytes) => (read(READ.subarray(0, bytes)), true) };
      const socket = connect({ port: Number(url.port), host: url.hostname, noDelay: true, onread });
      listener.socket = socket;
      socket.once('error', reject);
      socket.write(
        `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
      );
    });
  }

  /** @param {((id: string) => void) | undefined} whenNamed */
  expect(whenNamed) {
    this.heard = 0;
    this.whenNamed = whenNamed;
  }

  /** Whoever was let go has left. */
  leave() {
    const { socket } = this;
    return new Promise((resolve) => (socket?.closed === false ? socket.once('close', resolve).destroy() : resolve(undefined)));
  }

  /** @param {Buffer} data */
  read(data) {
    const { mark, whenNamed } = this;
    const bytes = this.rest.length === 0 ? data : Buffer.concat([this.rest, data]);
    let [found, from] = [0, 0];
    let at = bytes.indexOf(mark);
    for (; at >= 0; at = bytes.indexOf(mark, from)) {
      const id = whenNamed && idAfter(bytes, at);
      // Its name is still to come.
      if (whenNamed && id === undefined) break;
      whenNamed?.(/** @type {string} */ (id));
      found++;
      from = at + mark.length;
    }
    const open = at >= 0 ? at : bytes.indexOf(mark[0], Math.max(from, bytes.length - mark.length + 1));
    // A copy, since what was read into is read into again.
    this.rest = open < 0 ? NOTHING : Buffer.from(bytes.subarray(open));
    if (found === 0) return;
    this.heard += found;
    this.whenHeard(found);
  }
}

/** @param {Buffer} bytes @param {number} from */
function idAfter(bytes, from) {
  const at = bytes.indexOf(ID.mark, from) + ID.mark.length;
  return at < ID.mark.length || at + ID.length > bytes.length ? undefined : bytes.toString('latin1', at, at + ID.length);
}

/** A client's frame of less than 64 kB. @param {string} text */
function masked(text) {
  const payload = Buffer.from(text);
  const length = payload.length < 126 ? [0x80 | payload.length] : [0x80 | 126, payload.length >> 8, payload.length & 0xff];
  // A mask of noughts is a mask.
  return Buffer.concat([Buffer.from([0x81, ...length, 0, 0, 0, 0]), payload]);
}
