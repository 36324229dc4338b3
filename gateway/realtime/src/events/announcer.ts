import { unseal, type Cursors, type Position } from '@mela/bus';
import type { Catalogue } from '@mela/contracts';
import type { Logger } from 'pino';
import type { Topics } from '../topics/topics.ts';
import { eventFrame } from './event-frame.ts';
import { fanOut } from './fan-out.ts';
import { RecentIds } from './recent-ids.ts';
import { tellTrace } from './told.ts';

/** An event as the stream keeps it. */
export interface StoredEvent {
  readonly position: Position;
  readonly payload: Uint8Array;
  readonly header: (name: string) => string | undefined;
}

interface Parts {
  readonly catalogue: Pick<Catalogue, 'events'>;
  readonly topics: Topics;
  readonly cursors: Cursors;
  readonly log: Logger;
}

/** Tells the screens what happened: from an event to the topics its contract names, and a frame for each. */
export class Announcer {
  private readonly told = new RecentIds();

  constructor(private readonly parts: Parts) {}

  /** What nobody can tell is passed over: one odd event must not silence all that follow. */
  announce(stored: StoredEvent): void {
    if (this.parts.topics.subscriptions === 0) return;
    try {
      this.tell(stored);
    } catch (error) {
      this.parts.log.debug({ seq: stored.position.seq, type: stored.header('ce-type'), reason: String(error) }, 'event passed over');
    }
  }

  private tell({ position, payload, header }: StoredEvent): void {
    const { catalogue, topics, cursors } = this.parts;
    const declared = catalogue.events.get(header('ce-type') ?? '');
    if (!declared) throw new Error('Nobody declares it');
    const event = unseal(declared, header, payload);
    if (this.told.isRepeat(event.id)) return;
    const told = tellTrace(event);
    const audience = new Set(declared.audience(event.data));
    let reached = 0;
    let cursor: string | undefined;
    for (const topic of audience) {
      const listeners = topics.listenersOf(topic);
      if (listeners.size === 0) continue;
      cursor ??= cursors.sign(position);
      fanOut(eventFrame(topic, cursor, event, payload), listeners);
      reached += listeners.size;
    }
    told(audience, reached);
  }
}
