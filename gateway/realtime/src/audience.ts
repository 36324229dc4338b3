import type { Asker } from '@mela/bus';
import type { Catalogue } from '@mela/contracts';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import { Announcer } from './events/announcer.ts';
import { Feeds } from './feed/feeds.ts';
import { Questions } from './limits/questions.ts';
import type { Memory } from './memory.ts';
import { Exchange } from './presence/exchange.ts';
import { Neighbours } from './presence/neighbours.ts';
import { Presence } from './presence/presence.ts';
import type { RealtimeSettings } from './settings.ts';
import { Connections } from './socket/connections.ts';
import { Channels } from './topics/channels.ts';
import { Entitlements } from './topics/entitlements.ts';
import { Subscriptions } from './topics/subscriptions.ts';

/** Who listens, to what, who else is there, and what tells them. */
export interface Audience {
  readonly connections: Connections;
  readonly channels: Channels;
  readonly questions: Questions;
  readonly subscriptions: Subscriptions;
  readonly feeds: Feeds;
  readonly announcer: Announcer;
  readonly presence: Presence;
  readonly neighbours: Neighbours;
  readonly exchange: Exchange;
}

interface Parts {
  readonly catalogue: Catalogue;
  readonly nc: NatsConnection;
  readonly asker: Asker;
  /** The name of this gateway among the others. */
  readonly gateway: string;
  readonly settings: RealtimeSettings;
  readonly memory: Memory;
  readonly log: Logger;
}

/** Tells the other gateways nothing until its exchange is started. */
export function audienceOf({ catalogue, nc, asker, gateway, settings, memory, log }: Parts): Audience {
  const { tail, cursors, recent, rights, replays, frames, journal, passedOver } = memory;
  const connections = new Connections(settings.REALTIME_CONNECTIONS_PER_PERSON, journal);
  const channels = new Channels(() => feeds.stirred());
  const presence: Presence = new Presence({
    tellOthers: (topic, personId, isHere) => {
      if (isHere) neighbours.cameBack(topic, personId);
      exchange.note(topic, personId, isHere);
    },
  });
  const neighbours = new Neighbours(presence.roll);
  const exchange = new Exchange({ nc, id: gateway, neighbours, presence });
  const questions = new Questions(settings.REALTIME_QUESTIONS_PER_SECOND);
  const subscriptions: Subscriptions = new Subscriptions({
    channels, connections, replays, presence, journal, cursors, tail, questions, log,
    entitlements: new Entitlements({ catalogue, asker, rights, recent, end: () => tail.position.seq }),
    limits: { maxTopics: settings.REALTIME_MAX_TOPICS },
  });
  const feeds: Feeds = new Feeds({ recent, frames, channels, subscriptions, cursors, tail });
  const announcer = new Announcer({ catalogue, channels, recent, rights, frames, passedOver, revoke: (right) => subscriptions.revoke(right), log });
  return { connections, channels, questions, subscriptions, feeds, announcer, presence, neighbours, exchange };
}
