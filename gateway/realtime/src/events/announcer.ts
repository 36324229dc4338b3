import { unseal, type Position, type Published } from '@mela/bus';
import type { Catalogue, EventOf, EventType, Right } from '@mela/contracts';
import type { Logger } from 'pino';
import type { RecentEvents, ToldEvent } from '../history/recent-events.ts';
import type { Rights } from '../history/rights.ts';
import type { Channels } from '../topics/channels.ts';
import type { PassedOverEvents } from '../why/passed-over.ts';
import { RecentIds } from './recent-ids.ts';
import type { ToldFrames } from './told-frames.ts';
import { tellTrace } from './told.ts';

/** An event as the stream keeps it. */
export interface StoredEvent extends Published {
  readonly position: Position;
  /** It was in the stream before that was followed: read back, so that it can be told to whoever comes back. */
  readonly isPast: boolean;
  /** Epoch milliseconds. */
  readonly storedAt: number;
}

interface Parts {
  readonly catalogue: Pick<Catalogue, 'events'>;
  readonly channels: Channels;
  readonly recent: RecentEvents;
  readonly rights: Rights;
  readonly frames: ToldFrames;
  /** A right is gone: whatever rests on it ends. */
  readonly revoke: (right: Right) => void;
  readonly passedOver: PassedOverEvents;
  readonly log: Logger;
}

/** Tells the screens what happened: from an event to the topics its contract names, and a frame for each. */
export class Announcer {
  private readonly told = new RecentIds();

  constructor(private readonly parts: Parts) {}

  /** What nobody can tell is passed over: one odd event must not silence all that follow. */
  announce(stored: StoredEvent): void {
    try {
      const declared = this.parts.catalogue.events.get(stored.header('ce-type') ?? '');
      if (!declared) throw new Error('Nobody declares it');
      const event = unseal(declared, stored);
      if (this.told.isRepeat(event.id)) this.parts.passedOver.note(event.id, 'repeat');
      else this.tell(declared, event, stored);
    } catch (error) {
      this.parts.passedOver.note(stored.header('ce-id'), 'unreadable');
      this.parts.log.debug({ seq: stored.position.seq, type: stored.header('ce-type'), reason: String(error) }, 'event passed over');
    }
  }

  /** Whose right begins hears the event itself, and so does the one whose right ends. */
  private tell(declared: EventType, event: EventOf, { position, isPast, storedAt, payload }: StoredEvent): void {
    const { id, type, data } = event;
    const { recent, rights, revoke } = this.parts;
    const told: ToldEvent = { seq: position.seq, id, type, storedAt, topics: [...new Set<string>(declared.audience(data))], payload };
    recent.add(told);
    rights.forgetUntil(recent.after);
    for (const right of declared.grants(data)) rights.granted(right, position.seq);
    const endTrace = isPast ? undefined : tellTrace(event);
    const reached = this.toListeners(told);
    endTrace?.(told.topics, reached);
    for (const right of declared.revokes(data)) {
      rights.revoked(right);
      revoke(right);
    }
  }

  /** Answers how many listen. */
  private toListeners(event: ToldEvent): number {
    const { channels, frames } = this.parts;
    let reached = 0;
    for (const topic of event.topics) {
      const listeners = channels.listenersOf(topic);
      if (listeners === 0) continue;
      reached += listeners;
      channels.tell(topic, frames.of(event, topic));
    }
    return reached;
  }
}
