import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Frame } from './screen.fixture.ts';

const PATIENCE_MS = 5_000;

interface Asking {
  readonly token?: string;
  readonly headers?: Record<string, string>;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Record<string, unknown>;
}

/** A page with an open stream of events: as plain as an EventSource, and it remembers everything. */
export class Page {
  readonly frames: Frame[] = [];
  comments = 0;
  retry: number | undefined;
  lastEventId: string | undefined;
  /** Settled when the stream ends: true when it was ended, false when it broke off. */
  readonly ended: Promise<boolean>;
  private readonly watchers = new Set<() => void>();
  private pending = '';

  private constructor(readonly response: IncomingMessage) {
    response.setEncoding('utf8');
    response.on('data', (text: string) => this.read(text));
    response.on('error', () => undefined);
    this.ended = new Promise((resolve) => response.once('close', () => resolve(response.complete)));
  }

  static async open(url: string, asking: Asking = {}): Promise<Page> {
    const response = await request(url, asking);
    if (response.statusCode !== 200) throw new Error(`The gateway answered ${response.statusCode}: ${await text(response)}`);
    return new Page(response);
  }

  /** The answer to a request that ends. */
  static async ask(url: string, asking: Asking = {}): Promise<Answer> {
    const response = await request(url, asking);
    return { status: response.statusCode!, headers: response.headers, body: JSON.parse(await text(response)) as Record<string, unknown> };
  }

  /** The first frame so far, or from now on, that fits. */
  until(fits: (frame: Frame) => boolean, patience = PATIENCE_MS): Promise<Frame> {
    return this.eventually(() => this.frames.find(fits), patience);
  }

  eventually<R>(look: () => R | undefined, patience = PATIENCE_MS): Promise<R> {
    return new Promise((resolve, reject) => {
      const watch = () => {
        const found = look();
        if (found === undefined) return;
        clearTimeout(timer);
        this.watchers.delete(watch);
        resolve(found);
      };
      const timer = setTimeout(() => reject(new Error(`Not within ${patience} ms; heard: ${JSON.stringify(this.frames.slice(-5))}`)), patience);
      this.watchers.add(watch);
      watch();
    });
  }

  hears(id: string, topic?: string): Promise<Frame> {
    return this.until((frame) => frame.t === 'ev' && frame['id'] === id && (topic === undefined || frame.topic === topic));
  }

  live(topic: string): Promise<Frame> {
    return this.until((frame) => frame.t === 'live' && frame.topic === topic);
  }

  events(topic?: string): Frame[] {
    return this.frames.filter((frame) => frame.t === 'ev' && (topic === undefined || frame.topic === topic));
  }

  leave(): void {
    this.response.destroy();
  }

  /** As the standard says it: lines of data belong together until a blank line, and the id holds from then on. */
  private read(text: string): void {
    this.pending += text;
    const blocks = this.pending.split('\n\n');
    this.pending = blocks.pop()!;
    for (const block of blocks)
      for (const line of block.split('\n')) {
        const [, field, value] = /^(\w*): ?(.*)$/.exec(line) ?? [];
        if (field === 'data') this.frames.push(JSON.parse(value!) as Frame);
        else if (field === 'id') this.lastEventId = value;
        else if (field === 'retry') this.retry = Number(value);
        else if (line.startsWith(':')) this.comments++;
      }
    for (const watch of this.watchers) watch();
  }
}

const request = (url: string, { token, headers = {} }: Asking): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    get(url, { agent: false, headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers } }, resolve).on('error', reject);
  });
