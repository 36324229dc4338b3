import { Cursors } from '@mela/bus';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import type { StoredEvent } from './events/announcer.ts';
import { StreamTail } from './events/stream-tail.ts';
import { ToldFrames } from './events/told-frames.ts';
import { RecentEvents } from './history/recent-events.ts';
import { Replays } from './history/replays.ts';
import { Rights } from './history/rights.ts';
import type { RealtimeSettings } from './settings.ts';
import { Journal } from './why/journal.ts';
import { PassedOverEvents } from './why/passed-over.ts';

/** What follows the stream, and remembers: what happened, whose rights began where, who heard it. */
export interface Memory {
  readonly tail: StreamTail;
  readonly cursors: Cursors;
  readonly recent: RecentEvents;
  readonly rights: Rights;
  readonly replays: Replays;
  readonly frames: ToldFrames;
  readonly journal: Journal;
  readonly passedOver: PassedOverEvents;
}

interface Parts {
  readonly nc: NatsConnection;
  readonly settings: RealtimeSettings;
  readonly heard: (event: StoredEvent) => void;
  /** Everything is about to be forgotten: what was heard and not told yet is told before. */
  readonly forgets: () => void;
  /** Everything from before was forgotten: what is heard from now on comes after this place. */
  readonly begins: (after: number) => void;
  readonly lost: () => void;
  readonly log: Logger;
}

/** Follows nothing until its tail is started. */
export function memoryOf({ nc, settings, heard, forgets, begins, lost, log }: Parts): Memory {
  const ageMs = settings.REALTIME_RECENT_MINUTES * 60_000;
  const cursors = new Cursors(settings.CURSOR_SECRET);
  const journal = new Journal({ place: () => tail.position.seq, ageMs, placeOf: (cursor) => cursors.open(cursor)?.seq });
  const passedOver = new PassedOverEvents();
  const rights = new Rights();
  const recent = new RecentEvents({ events: settings.REALTIME_RECENT_EVENTS, ageMs, bytes: settings.REALTIME_RECENT_BYTES });
  const tail: StreamTail = new StreamTail({
    nc, log, heard, lost,
    restored: (id) => passedOver.note(id, 'put_back'),
    begins: ({ seq, at }) => {
      forgets();
      journal.streamBegins(seq);
      recent.begin(seq, at);
      rights.forgetUntil(Number.POSITIVE_INFINITY);
      replays.forget();
      begins(seq);
    },
  });
  const epoch = () => tail.position.epoch;
  const replays = new Replays(recent, cursors, epoch);
  return { tail, cursors, recent, rights, replays, frames: new ToldFrames(cursors, epoch), journal, passedOver };
}
