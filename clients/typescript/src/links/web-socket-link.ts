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

interface Asked {
  /** Of the frame that asked for it. */
  readonly i: number;
  presence: boolean;
  isAnswered: boolean;
}

/** The best way: both directions, and every topic from a place of its own. */
export class WebSocketLink implements Link {
  private readonly socket: SocketLike;
  /** By topic. */
  private readonly asked = new Map<string, Asked>();
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
    for (const one of wanted) {
      const asked = this.asked.get(one.topic);
      if (!asked || (one.presence && !asked.presence)) this.subscribe(one, asked);
    }
    return true;
  }

  refresh(token: string): boolean {
    this.send({ t: 'auth', token });
    return true;
  }

  /** One that is about to be let in has all the time that this may take. */
  probe(): boolean {
    if (this.isConnected) this.send({});
    return this.isConnected;
  }

  close(): void {
    this.isOver = true;
    this.socket.close(1000);
  }

  private connect(): void {
    const together = this.options.wanted().filter(({ presence }) => !presence).slice(0, TOPICS_TOGETHER);
    // A place that nobody knows is none: such a topic begins now.
    const i = this.send({ t: 'connect', token: this.options.token, subs: Object.fromEntries(together.map(({ topic, since }) => [topic, since ?? ''])) });
    for (const { topic } of together) this.asked.set(topic, { i, presence: false, isAnswered: false });
  }

  private subscribe({ topic, since, presence }: Wanted, asked: Asked | undefined): void {
    const i = this.send({ t: 'sub', topic, ...(since === undefined ? {} : { since }), ...(presence ? { presence } : {}) });
    this.askedBy.set(i, topic);
    if (asked) {
      asked.presence = presence;
      this.askedForPresence.add(i);
    } else this.asked.set(topic, { i, presence, isAnswered: false });
  }

  private hear(frame: Frame | Record<string, never>): void {
    if (!('t' in frame)) return void this.send({});
    if (frame.t === 'bye') this.bye = { code: frame.code, ...(frame.after ? { after: frame.after } : {}) };
    if (frame.t === 'connected') {
      this.isConnected = true;
      this.changed();
    }
    if (frame.t === 'err' && frame.topic === undefined) this.hearOf(this.askedBy.get(frame.i ?? -1), frame);
    else this.hearOf('topic' in frame ? frame.topic : undefined, frame);
  }

  private hearOf(topic: string | undefined, frame: Frame): void {
    if (topic === undefined) this.options.hears.frame(frame);
    else if (this.isOfNow(topic, frame)) this.options.hears.frame(frame.t === 'err' ? { ...frame, topic } : frame);
  }

  /** A topic may have been given up and asked for again: what is still said of the time before is not about what is wanted now. */
  private isOfNow(topic: string, frame: Frame): boolean {
    const i = 'i' in frame ? frame.i : undefined;
    if (frame.t === 'subd' && this.askedForPresence.delete(i ?? -1)) return false;
    const asked = this.asked.get(topic);
    if (!asked || (i !== undefined && i < asked.i)) return false;
    if (frame.t === 'err' || frame.t === 'unsub') return this.asked.delete(topic);
    if (frame.t === 'subd') asked.isAnswered = true;
    return asked.isAnswered;
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
