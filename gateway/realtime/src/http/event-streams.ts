import type { IncomingMessage, ServerResponse } from 'node:http';
import { isRefusal, topic as topicOf } from '@mela/contracts';
import type { Feeds } from '../feed/feeds.ts';
import { Message } from '../protocol/message.ts';
import { TopicsTooFast } from '../protocol/faults.ts';
import { connected, live, subscribed } from '../protocol/outgoing.ts';
import { hearsOwn } from '../socket/connection.ts';
import { answerRequest } from '../socket/problem-answers.ts';
import { readStreamed } from './asked.ts';
import { ServerSentWire } from './server-sent-wire.ts';
import type { Visitors } from './visitors.ts';

interface Parts {
  readonly visitors: Visitors;
  readonly feeds: Feeds;
  readonly pingMs: number;
  /** Told the close code of every stream that ends. */
  readonly closed: (code: number) => void;
}

/** What an end of the other side is called, which HTTP has no code for. */
const GONE = 1006;

/** `GET /realtime/events`: the frames of the WebSocket, one way. */
export class EventStreams {
  constructor(private readonly parts: Parts) {}

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { visitors, feeds, pingMs, closed } = this.parts;
    const asked = readStreamed(request);
    if (isRefusal(asked)) return answerRequest(response, asked);
    const session = await visitors.recognise(request, asked);
    if (isRefusal(session)) return answerRequest(response, session);
    if (response.destroyed) return;
    const wait = visitors.secondsUntilAsked(session, asked);
    if (wait > 0) return answerRequest(response, TopicsTooFast.request(), { 'retry-after': String(wait) });

    const wire = new ServerSentWire(response);
    const connection = visitors.enter(wire, session);
    if (isRefusal(connection)) return answerRequest(response, connection);
    response.once('close', () => {
      const code = connection.endedWith ?? GONE;
      connection.end = { code, clean: false };
      closed(code);
      visitors.leave(connection);
    });
    wire.begin();
    const { personId, expiresAt } = session;
    const topics = hearsOwn(session) ? [topicOf.person(personId)] : [];
    connection.send(connected(undefined, { cid: connection.id, ping: pingMs, exp: Math.floor(expiresAt / 1000), topics, retryJitter: visitors.retryJitter }));
    const { heard, next, begin } = await feeds.open(connection, asked);
    if (!connection.isOpen) return;
    connection.send(...heard.map(({ topic, ...place }) => subscribed(undefined, topic, place)));
    begin((topics) => {
      const cursor = next();
      connection.deliver(new Message(topics.map((topic) => ({ cursor, line: Buffer.from(live(topic)) }))));
      wire.place = next;
    });
  }
}
