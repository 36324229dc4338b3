import type { GatewayAccount } from '@mela/contracts';
import { bytesOn } from '../events/event-frame.ts';
import type { RecentEvents } from '../history/recent-events.ts';
import type { Transport } from '../settings.ts';
import type { Journal } from './journal.ts';
import type { PassedOverEvents } from './passed-over.ts';
import type { ConnectionRecord } from './records.ts';
import { explain, type Account } from './verdict.ts';

interface Parts {
  /** This run of this gateway. */
  readonly gateway: string;
  readonly recent: RecentEvents;
  readonly journal: Journal;
  readonly passedOver: PassedOverEvents;
  readonly cursorOf: (seq: number) => string;
}

/** Says what became of one event for one person at this gateway. */
export class Explainer {
  constructor(private readonly parts: Parts) {}

  explain(personId: string, eventId: string): GatewayAccount {
    const { gateway, recent, journal, passedOver } = this.parts;
    const event = recent.withId(eventId);
    return {
      gateway,
      knowsSince: { events: iso(recent.since), connections: iso(journal.since(personId)) },
      event: event ? { place: event.seq, type: event.type, topics: [...event.topics], storedAt: iso(event.storedAt) } : null,
      passedOver: passedOver.reasonOf(eventId) ?? null,
      findings: event && event.topics.length > 0 ? explain(event, journal.connectionsOf(personId).map((record) => this.accountOf(record)), journal.since(personId)) : [],
    };
  }

  private accountOf(record: ConnectionRecord): Account {
    const { connection } = record;
    return {
      record,
      waiting: connection?.waiting ?? 0,
      toldUntil: (topic) => connection?.subscriptions.get(topic)?.toldUntil ?? 0,
      bytesOf: (topics, after, until) => this.bytesOf(record.transport, new Set(topics), after, until),
    };
  }

  private bytesOf(transport: Transport, topics: Iterable<string>, after: number, until: number): number {
    const { recent, cursorOf } = this.parts;
    // A cursor is a place and a seal that is always as long.
    const cursorBytes = cursorOf(0).length - 1;
    let bytes = 0;
    for (const topic of topics) {
      const lane = recent.onTopic(topic);
      if (!lane) continue;
      for (const event of lane.slice(lane.numberAfter(after), lane.numberAfter(until))) bytes += bytesOn(transport, topic, cursorBytes + String(event.seq).length, event);
    }
    return bytes;
  }
}

const iso = (at: number): string => new Date(at).toISOString();
