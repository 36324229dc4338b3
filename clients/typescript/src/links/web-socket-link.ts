import type { Ending } from '../ending.ts';
import type { Frame } from '../frames.ts';
import type { Link, LinkOptions, Wanted } from './link.ts';

/** What is used of the platform's WebSocket, or of one that is passed in. */
export interface SocketLike {
  readonly readyState: number;
  send(text: string): void;
  close(code?: number): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
}

export type SocketConstructor = new (url: string) => SocketLike;

const OPEN = 1;
/** The gateway takes frames of 16 kB: a few topics less than fit, for the token is among them. */
const TOPICS_TOGETHER = 50;

/** The best way: both directions, and every topic from a place of its own. */
export class WebSocketLink implements Link {
  private readonly socket: SocketLike;
  /** By topic, whether with presence. */
  private readonly asked = new Map<string, boolean>();
  private readonly askedBy = new Map<number, string>();
  /** Asked for presence alone, on topics that are heard: nothing begins anew on them. */
  private readonly askedForPresence = new Set<number>();
  private bye: Ending = {};
  private isConnected = false;
  private isOver = false;
  private sent = 0;

  constructor(
    private readonly options: LinkOptions,
    Socket: SocketConstructor,
  ) {
    this.socket = new Socket(options.url);
    this.socket.onopen = () => this.connect();
    this.socket.onmessage = ({ data }: { data: unknown }) => {
      options.hears.alive();
      for (const line of String(data).split('\n')) if (!this.isOver) this.hear(JSON.parse(line) as Frame | Record<string, never>);
    };
    this.socket.onclose = ({ code }: { code: number }) => this.end({ code, ...this.bye });
    this.socket.onerror = () => undefined;
  }

  changed(): boolean {
    if (!this.isConnected) return true;
    const wanted = this.options.wanted();
    for (const topic of this.asked.keys())
      if (!wanted.some((one) => one.topic === topic)) {
        this.asked.delete(topic);
        this.send({ t: 'unsub', topic });
      }
    for (const one of wanted) if (!this.asked.has(one.topic) || (one.presence && !this.asked.get(one.topic))) this.subscribe(one);
    return true;
  }

  refresh(token: string): boolean {
    this.send({ t: 'auth', token });
    return true;
  }

  probe(): boolean {
    this.send({});
    return true;
  }

  close(): void {
    this.isOver = true;
    this.socket.close(1000);
  }

  private connect(): void {
    const together = this.options.wanted().filter(({ presence }) => !presence).slice(0, TOPICS_TOGETHER);
    for (const { topic } of together) this.asked.set(topic, false);
    // A place that nobody knows is none: such a topic begins now.
    this.send({ t: 'connect', token: this.options.token, subs: Object.fromEntries(together.map(({ topic, since }) => [topic, since ?? ''])) });
  }

  private subscribe({ topic, since, presence }: Wanted): void {
    const isHeard = this.asked.has(topic);
    this.asked.set(topic, presence);
    const i = this.send({ t: 'sub', topic, ...(since === undefined ? {} : { since }), ...(presence ? { presence } : {}) });
    this.askedBy.set(i, topic);
    if (isHeard) this.askedForPresence.add(i);
  }

  private hear(frame: Frame | Record<string, never>): void {
    if (!('t' in frame)) return void this.send({});
    if (frame.t === 'bye') this.bye = { code: frame.code, ...(frame.after ? { after: frame.after } : {}) };
    if (frame.t === 'err') {
      const topic = frame.topic ?? this.askedBy.get(frame.i ?? -1);
      if (topic !== undefined) this.asked.delete(topic);
      return this.options.hears.frame(topic === undefined ? frame : { ...frame, topic });
    }
    if (frame.t === 'subd' && this.askedForPresence.delete(frame.i ?? -1)) return;
    if (frame.t === 'unsub') this.asked.delete(frame.topic);
    if (frame.t === 'connected') {
      this.isConnected = true;
      this.changed();
    }
    this.options.hears.frame(frame);
  }

  private send(frame: object): number {
    const i = ++this.sent;
    if (this.socket.readyState === OPEN) this.socket.send(JSON.stringify(Object.keys(frame).length === 0 ? frame : { i, ...frame }));
    return i;
  }

  private end(why: Ending): void {
    if (this.isOver) return;
    this.isOver = true;
    this.options.hears.ended(why);
  }
}
