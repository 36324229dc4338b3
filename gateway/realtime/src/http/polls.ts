import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate, setTimeout as after } from 'node:timers/promises';
import { isRefusal } from '@mela/contracts';
import type { Feeds, OpenFeed } from '../feed/feeds.ts';
import { TopicsTooFast } from '../protocol/faults.ts';
import { subscribed } from '../protocol/outgoing.ts';
import { answerRequest } from '../socket/problem-answers.ts';
import type { Connection } from '../socket/connection.ts';
import { readPolled, type Polled } from './asked.ts';
import { PollWire } from './poll-wire.ts';
import type { Visitors } from './visitors.ts';

interface Parts {
  readonly visitors: Visitors;
  readonly feeds: Feeds;
  /** The cursor of now. */
  readonly now: () => string;
}

interface Answer {
  readonly lines: readonly Buffer[];
  readonly next: string;
  readonly recovered: boolean;
  /** A poll has no frame that says so. */
  readonly retryJitter: number;
}

/** What the ends are called for which HTTP has no code. */
const ANSWERED = 1000;
const GONE = 1006;
const LEAVES_WITHIN_MS = 30_000;
const HEAD = Buffer.from('{"frames":[');
const COMMA = Buffer.from(',');

/** `GET /realtime/poll`: what happened since a cursor, or the first that happens within a while. Nothing is kept from one to the next. */
export class Polls {
  constructor(private readonly parts: Parts) {}

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { visitors } = this.parts;
    const asked = readPolled(request);
    if (isRefusal(asked)) return answerRequest(response, asked);
    const session = await visitors.recognise(request, asked);
    if (isRefusal(session)) return answerRequest(response, session);
    if (response.destroyed) return;
    const wait = visitors.secondsUntilAsked(session, asked);
    if (wait > 0) return answerRequest(response, TopicsTooFast.request(), { 'retry-after': String(wait) });

    const wire = new PollWire();
    // Each poll shows a token anew: nobody needs to be told that this one ends.
    const connection = visitors.enter(wire, { ...session, warned: true });
    if (isRefusal(connection)) return answerRequest(response, connection);
    response.once('close', () => wire.abandon());
    try {
      const answer = await this.gather(connection, wire, asked);
      connection.conclude();
      await send(response, answer);
    } finally {
      // Whether it was read, the next poll's cursor says.
      connection.end = { code: connection.endedWith ?? (response.writableFinished ? ANSWERED : GONE), clean: false };
      visitors.leave(connection);
    }
  }

  private async gather(connection: Connection, wire: PollWire, { topics, since, wait }: Polled): Promise<Answer> {
    const { feeds, now, visitors } = this.parts;
    const { retryJitter } = visitors;
    const unchanged = { lines: wire.lines, next: since ?? now(), recovered: since !== undefined, retryJitter };
    const opening = feeds.open(connection, { topics, since });
    // Whoever stops, or loses what the cursor points into, need not wait for the owners of the topics.
    const feed = await Promise.race([opening, wire.over.then(() => undefined)]);
    if (!feed || (feed.recovered && !connection.isOpen)) return unchanged;
    if (feed.recovered) await this.untilTold(feed, wire, wait);
    return { lines: wire.lines, next: feed.next(), recovered: feed.recovered, retryJitter };
  }

  private async untilTold(feed: OpenFeed, wire: PollWire, waitSeconds: number): Promise<void> {
    const partly = feed.heard.filter(({ recovered }) => !recovered);
    wire.lines.push(...partly.map(({ topic, ...place }) => Buffer.from(subscribed(undefined, topic, place))));
    feed.begin();
    if (wire.lines.length > 0) return;
    const patience = new AbortController();
    const waited = after(waitSeconds * 1_000, undefined, { signal: patience.signal }).catch(() => undefined);
    await Promise.race([wire.stirred, wire.over, waited]);
    patience.abort();
    // What else comes in this turn comes along.
    await setImmediate();
    feed.finish();
  }
}

/** Settled when it has left. */
function send(response: ServerResponse, { lines, next, recovered, retryJitter }: Answer): Promise<void> {
  const frames = lines.flatMap((line, place) => (place === 0 ? [line] : [COMMA, line]));
  const body = Buffer.concat([HEAD, ...frames, Buffer.from(`],"next":${JSON.stringify(next)},"recovered":${recovered},"retryJitter":${retryJitter}}`)]);
  return new Promise((resolve) => {
    const timer = setTimeout(() => response.destroy(), LEAVES_WITHIN_MS);
    const left = () => {
      clearTimeout(timer);
      resolve();
    };
    if (response.destroyed) return left();
    response.once('close', left).writeHead(200, { 'content-type': 'application/json', 'content-length': body.length, 'cache-control': 'no-store' }).end(body);
  });
}
