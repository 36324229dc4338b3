import type { TopicName } from '@mela/contracts';
import WebSocket from 'ws';

export interface Heard {
  readonly topic: string;
  readonly c: string;
  readonly id: string;
  readonly type: string;
  readonly d: Readonly<Record<string, unknown>>;
}

type Frame = Record<string, unknown> & { t?: string; i?: number };
type Watcher = (frame: Frame) => void;

const PATIENCE_MS = 5_000;

/** One open screen of a person: a WebSocket that remembers everything it heard, in order. */
export class Ear {
  readonly heard: Heard[] = [];
  /** What it listens to now: a right that ends takes its topics along. */
  readonly topics = new Set<string>();
  /** Topics that were taken from it and did not come back, and why. */
  readonly taken = new Map<string, string>();
  /** Settles when the connection is gone, whoever ended it. */
  readonly closed: Promise<void>;
  private readonly watchers = new Set<Watcher>();
  private asked = 0;

  private constructor(
    private readonly socket: WebSocket,
    private readonly told: (event: Heard) => void,
  ) {
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.on('message', (data) => {
      for (const line of String(data).split('\n')) this.receive(JSON.parse(line) as Frame);
    });
  }

  static async connect(realtime: string, token: string, told: (event: Heard) => void = () => undefined): Promise<Ear> {
    const socket = new WebSocket(realtime, { handshakeTimeout: PATIENCE_MS });
    const ear = new Ear(socket, told);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    try {
      await ear.request({ t: 'connect', token });
      return ear;
    } catch (fault) {
      ear.close();
      throw fault;
    }
  }

  async listen(topic: TopicName): Promise<this> {
    await this.request({ t: 'sub', topic });
    return this;
  }

  /** Goes on from a cursor; answers whether nothing since then is left out. */
  async resume(topic: TopicName, since: string): Promise<boolean> {
    return (await this.request({ t: 'sub', topic, since }))['recovered'] === true;
  }

  /** Why a topic was taken from it, so far or in time. */
  async loses(topic: TopicName, patience = PATIENCE_MS): Promise<string> {
    return this.taken.get(topic) ?? this.wait(() => this.taken.get(topic), patience);
  }

  /** The first event so far or from now on that fits; undefined when none came in time. */
  async hears(fits: (event: Heard) => boolean, patience = PATIENCE_MS): Promise<Heard | undefined> {
    const already = this.heard.find(fits);
    if (already) return already;
    return this.wait(
      (frame) => (frame.t === 'ev' && fits(frame as unknown as Heard) ? (frame as unknown as Heard) : undefined),
      patience,
    ).catch(() => undefined);
  }

  close(): void {
    this.socket.terminate();
  }

  private async request(frame: Frame): Promise<Frame> {
    const i = ++this.asked;
    const answered = this.wait((answer) => (answer.i === i ? answer : undefined), PATIENCE_MS);
    this.socket.send(JSON.stringify({ i, ...frame }));
    const answer = await answered;
    if (answer.t === 'err') throw new Error(`${String(frame.t)} was refused: ${String(answer['code'])}`);
    return answer;
  }

  private receive(frame: Frame): void {
    if (frame.t === undefined) return this.socket.send('{}');
    if (frame.t === 'ev') {
      this.heard.push(frame as unknown as Heard);
      this.told(frame as unknown as Heard);
    }
    if (frame.t === 'subd') this.gain(String(frame['topic']));
    if (frame.t === 'unsub') this.lose(String(frame['topic']), frame['code']);
    for (const watch of this.watchers) watch(frame);
  }

  private gain(topic: string): void {
    this.topics.add(topic);
    this.taken.delete(topic);
  }

  private lose(topic: string, why: unknown): void {
    this.topics.delete(topic);
    if (why !== undefined) this.taken.set(topic, String(why));
  }

  private wait<R>(pick: (frame: Frame) => R | undefined, patience: number): Promise<R> {
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        this.watchers.delete(watch);
        this.socket.off('close', closed);
      };
      const watch: Watcher = (frame) => {
        const picked = pick(frame);
        if (picked === undefined) return;
        end();
        resolve(picked);
      };
      const closed = (code: number) => {
        end();
        reject(new Error(`The socket was closed with ${code}`));
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(`Nothing came within ${patience} ms`));
      }, patience);
      this.watchers.add(watch);
      this.socket.once('close', closed);
    });
  }
}
