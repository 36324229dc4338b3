import { earliest, type Cursor } from '../cursor.ts';
import type { Ending } from '../ending.ts';
import type { Frame } from '../frames.ts';
import { EventReader } from './event-reader.ts';
import type { Link, LinkOptions } from './link.ts';
import { endingOf } from './problem.ts';

/** Server-Sent Events, read by hand: an EventSource could not send the token. */
export class EventStreamLink implements Link {
  private readonly gone = new AbortController();
  private asked = new Set<string>();
  private readonly refused = new Set<string>();
  private bye: Ending = {};
  /** Whether anybody is still there is to be shown, and nothing came since. */
  private isDoubted = false;

  constructor(
    private readonly options: LinkOptions,
    fetched: typeof fetch,
  ) {
    void this.follow(fetched).then(
      (why) => this.end(why),
      () => this.end(this.bye),
    );
  }

  /** What is wanted no more comes all the same, and is not listened to. */
  changed(): boolean {
    const wanted = this.options.wanted().map(({ topic }) => topic);
    // Wanted again, it begins anew: that takes another stream.
    this.asked = new Set([...this.asked].filter((topic) => wanted.includes(topic)));
    return !this.isDoubted && wanted.every((topic) => this.asked.has(topic) && !this.refused.has(topic));
  }

  refresh(): boolean {
    return false;
  }

  /** Nobody can be asked on it: another stream shows it. */
  probe(): boolean {
    this.isDoubted = true;
    return false;
  }

  close(): void {
    this.gone.abort();
  }

  private async follow(fetched: typeof fetch): Promise<Ending> {
    const { url, token, wanted, hears } = this.options;
    const topics = wanted();
    this.asked = new Set(topics.map(({ topic }) => topic));
    const since = earliest(topics.flatMap(({ since: one }) => (one === undefined ? [] : [one])));
    const response = await fetched(`${url}?${new URLSearchParams({ topics: [...this.asked].join(',') })}`, {
      headers: { authorization: `Bearer ${token}`, ...(since === undefined ? {} : { 'last-event-id': since }) },
      cache: 'no-store',
      signal: this.gone.signal,
    });
    if (!response.ok || !response.body) return endingOf(response);
    const pieces = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const events = new EventReader();
    for (;;) {
      const { done, value } = await pieces.read();
      if (done) return this.bye;
      this.isDoubted = false;
      hears.alive();
      for (const { id, lines } of events.read(value)) this.hear(lines, id);
    }
  }

  private hear(lines: readonly string[], id: Cursor | undefined): void {
    const { hears } = this.options;
    for (const line of lines) {
      if (this.gone.signal.aborted) return;
      const frame = JSON.parse(line) as Frame;
      if (frame.t === 'bye') this.bye = { code: frame.code, ...(frame.after ? { after: frame.after } : {}) };
      if ((frame.t === 'err' || frame.t === 'unsub') && frame.topic !== undefined) this.refused.add(frame.topic);
      hears.frame(frame);
    }
    if (id !== undefined && !this.gone.signal.aborted) hears.reached(id);
  }

  private end(why: Ending): void {
    if (this.gone.signal.aborted) return;
    this.gone.abort();
    this.options.hears.ended(why);
  }
}
