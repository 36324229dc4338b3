import { connect } from 'node:net';

/** One connection to the API, and no more of a client than that takes: one that is slow itself would be counted as the gateway's. */
export class Line {
  /** @param {import('node:net').Socket} socket @param {string} host */
  constructor(socket, host) {
    this.socket = socket;
    this.host = host;
    this.told = '';
    /** @type {((status: string, answer: string) => void) | undefined} */
    this.answered = undefined;
    socket.setNoDelay().setEncoding('latin1').on('data', (/** @type {string} */ piece) => this.hear(piece));
  }

  /** @param {string} api @returns {Promise<Line>} */
  static open(api) {
    const { hostname, port, host } = new URL(api);
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => resolve(new Line(socket, host))).once('error', reject);
    });
  }

  /** One question at a time. @param {string} what @param {object} body @returns {Promise<void>} */
  ask(what, body) {
    const text = JSON.stringify(body);
    let gone = () => {};
    return new Promise((resolve, reject) => {
      this.answered = (status, answer) => (status === '200' ? resolve(undefined) : reject(new Error(`${what}: ${status} ${answer}`)));
      gone = () => reject(new Error(`${what}: the connection was closed`));
      this.socket.once('close', gone);
      this.socket.write(`POST /api/v1/identity/${what} HTTP/1.1\r\nhost: ${this.host}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    }).finally(() => this.socket.off('close', gone));
  }

  close() {
    this.socket.destroy();
  }

  /** @param {string} piece */
  hear(piece) {
    this.told += piece;
    const head = this.told.indexOf('\r\n\r\n');
    if (head < 0) return;
    const [, length = '0'] = /^content-length: (\d+)/im.exec(this.told.slice(0, head)) ?? [];
    if (this.told.length < head + 4 + Number(length)) return;
    const answer = this.told;
    this.told = '';
    this.answered?.(answer.slice(9, 12), answer.slice(head + 4));
  }
}
