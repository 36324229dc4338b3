import WebSocket from 'ws';

export type Frame = Record<string, unknown> & { t?: string; i?: number; topic?: string; code?: string };

const PATIENCE_MS = 5_000;

/** A client as plain as can be: it remembers every frame in order, and answers pings unless told not to. */
export class Screen {
  readonly frames: Frame[] = [];
  /** How many messages the frames came in. */
  messages = 0;
  pings = 0;
  answersPings = true;
  readonly closed: Promise<{ code: number; reason: string }>;
  private readonly watchers = new Set<() => void>();
  private asked = 0;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data) => {
      this.messages++;
      for (const line of String(data).split('\n')) this.hear(JSON.parse(line) as Frame);
      for (const watch of this.watchers) watch();
    });
    this.closed = new Promise((resolve) => socket.once('close', (code, reason) => resolve({ code, reason: String(reason) })));
    socket.on('error', () => undefined);
  }

  static async open(url: string, { origin }: { origin?: string } = {}): Promise<Screen> {
    const socket = new WebSocket(url, { perMessageDeflate: true, ...(origin === undefined ? {} : { origin }) });
    const screen = new Screen(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('unexpected-response', (_request, response) => reject(new Refused(response.statusCode ?? 0)));
      socket.once('error', reject);
    });
    return screen;
  }

  say(frame: Frame | string | Buffer): void {
    this.socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
  }

  /** Sends a frame and answers the first that comes back for it. */
  async ask(frame: Frame): Promise<Frame> {
    const i = ++this.asked;
    this.say({ i, ...frame });
    return this.until((heard) => heard.i === (frame.i ?? i));
  }

  /** Subscribed, and everything that had gathered is through. */
  async listen(topic: string): Promise<void> {
    const answer = await this.ask({ t: 'sub', topic });
    if (answer.t !== 'subd') throw new Error(`${topic}: ${JSON.stringify(answer)}`);
    await this.until((frame) => frame.t === 'live' && frame.topic === topic);
  }

  /** The first frame so far, or from now on, that fits. */
  until(fits: (frame: Frame) => boolean, patience = PATIENCE_MS): Promise<Frame> {
    return this.eventually(() => this.frames.find(fits), patience);
  }

  eventually<R>(look: () => R | undefined, patience = PATIENCE_MS): Promise<R> {
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        this.watchers.delete(watch);
      };
      const watch = () => {
        const found = look();
        if (found === undefined) return;
        end();
        resolve(found);
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(`Not within ${patience} ms; heard: ${JSON.stringify(this.frames.slice(-5))}`));
      }, patience);
      this.watchers.add(watch);
      watch();
    });
  }

  hears(id: string): Promise<Frame> {
    return this.until((frame) => frame.t === 'ev' && frame['id'] === id);
  }

  events(topic?: string): Frame[] {
    return this.frames.filter((frame) => frame.t === 'ev' && (topic === undefined || frame.topic === topic));
  }

  leave(): void {
    this.socket.terminate();
  }

  private hear(frame: Frame): void {
    if (frame.t !== undefined) return void this.frames.push(frame);
    this.pings++;
    if (this.answersPings) this.say('{}');
  }
}

export class Refused extends Error {
  constructor(readonly status: number) {
    super(`The gateway answered ${status}`);
  }
}
