import { earliest, isToldAt, type Cursor } from '../cursor.ts';
import type { Ending } from '../ending.ts';
import type { Frame } from '../frames.ts';
import type { Link, LinkOptions, Wanted } from './link.ts';
import { endingOf } from './problem.ts';

interface Answer {
  readonly frames: readonly Frame[];
  readonly next: string;
  readonly recovered: boolean;
  readonly retryJitter?: number;
}

const WAIT_SECONDS = 25;

/** Where nothing stays open: one question after the other. */
export class PollLink implements Link {
  private readonly gone = new AbortController();
  /** Topics that were granted here: others begin, or come back from where their owner was away. */
  private granted: ReadonlySet<string> = new Set();
  private asking = new AbortController();
  private token: string;

  constructor(
    private readonly options: LinkOptions,
    private readonly fetched: typeof fetch,
  ) {
    this.token = options.token;
    void this.follow().then(
      (why) => this.end(why),
      () => this.end({}),
    );
  }

  /** The question that is out is of the topics of before. */
  changed(): boolean {
    this.asking.abort();
    return true;
  }

  refresh(token: string): boolean {
    this.token = token;
    return true;
  }

  /** The connection may be dead that the question went out on: it is asked anew on another. */
  probe(): boolean {
    this.asking.abort();
    return false;
  }

  close(): void {
    this.gone.abort();
    this.asking.abort();
  }

  private async follow(): Promise<Ending> {
    const { hears, wanted } = this.options;
    for (let begun = false; !this.gone.signal.aborted; ) {
      const topics = wanted();
      const isSettled = begun && topics.every(({ topic, since }) => since !== undefined && this.granted.has(topic));
      const since = earliest(topics.flatMap(({ since: one }) => (one === undefined ? [] : [one])));
      const answer = await this.ask(topics.map(({ topic }) => topic), since, isSettled ? WAIT_SECONDS : 0);
      if (answer === 'changed') continue;
      if (!('frames' in answer)) return answer;
      hears.alive();
      // A question is answered without ceremony: what a connection says of itself is said here.
      const { retryJitter } = answer;
      if (!begun) hears.frame({ t: 'connected', ping: WAIT_SECONDS * 1_000, ...(retryJitter === undefined ? {} : { retryJitter }) });
      this.tell(topics, answer);
      begun = true;
      // Where an owner is away nobody has got anywhere, also where the place is lost: the next question says so.
      if (!isHeldUp(answer)) hears.reached(answer.next);
      const bye = answer.frames.find((frame) => frame.t === 'bye');
      if (bye) return { code: bye.code, ...(bye.after ? { after: bye.after } : {}) };
    }
    return {};
  }

  private tell(topics: readonly Wanted[], answer: Answer): void {
    const { hears } = this.options;
    const { frames, next, recovered } = answer;
    const refused = new Set(frames.flatMap((frame) => (frame.t === 'err' ? [frame.topic] : [])));
    const heard = isHeldUp(answer) ? [] : topics.filter(({ topic }) => !refused.has(topic));
    const places = new Map(heard.map(({ topic, since }) => [topic, since]));
    // Some is left out of a topic whose right began after the place that was asked from; not if the topic itself is further on.
    const told = frames.filter((frame) => frame.t !== 'subd' || !isBehind(frame.to, places.get(frame.topic)));
    const partly = new Set(told.flatMap((frame) => (frame.t === 'subd' ? [frame.topic] : [])));
    const fresh = heard.filter(({ topic, since }) => !recovered || since === undefined || !this.granted.has(topic));
    this.granted = new Set(places.keys());
    for (const { topic } of fresh) if (!partly.has(topic)) hears.frame({ t: 'subd', topic, recovered, to: next });
    for (const frame of told) hears.frame(frame);
    for (const topic of new Set([...fresh.map(({ topic }) => topic), ...partly])) hears.frame({ t: 'live', topic });
  }

  private async ask(topics: readonly string[], since: string | undefined, wait: number): Promise<Answer | Ending | 'changed'> {
    this.asking = new AbortController();
    const { signal } = this.asking;
    const query = new URLSearchParams({ topics: topics.join(','), wait: String(wait), ...(since === undefined ? {} : { since }) });
    try {
      const response = await this.fetched(`${this.options.url}?${query}`, { headers: { authorization: `Bearer ${this.token}` }, cache: 'no-store', signal });
      return response.ok ? ((await response.json()) as Answer) : await endingOf(response);
    } catch (fault) {
      if (signal.aborted) return 'changed';
      throw fault;
    }
  }

  private end(why: Ending): void {
    if (this.gone.signal.aborted) return;
    this.gone.abort();
    this.options.hears.ended(why);
  }
}

/** While an owner is away nothing is told of any topic: the next question leaves that one out. */
const isHeldUp = ({ frames }: Answer): boolean => frames.some((frame) => frame.t === 'err' && frame.retry);

const isBehind = (to: Cursor, place: Cursor | undefined): boolean => place !== undefined && isToldAt(to, place);
