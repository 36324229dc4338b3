import { setTimeout as pause } from 'node:timers/promises';
import { topic } from '@mela/contracts';
import { Ear } from '@mela/testkit/clients';
import type { History } from '../history/history.ts';

interface Options {
  readonly realtime: string;
  readonly history: History;
  readonly who: string;
  readonly personId: string;
  readonly token: () => string;
  /** Those there are; it listens to the ones it may. */
  readonly communities: readonly { readonly id: string }[];
  readonly posts: readonly { readonly id: string }[];
}

const AGAIN_MS = 500;
/** New communities and posts come all the time, and what one may hear changes. */
const LOOK_MS = 3_000;
const TOPICS = 5;

/** Somebody who watches: connects, listens again and again to what they may hear, and comes back whenever the line is gone. */
export class Screen {
  private ear: Ear | undefined;
  private over = false;
  private connections = 0;

  constructor(private readonly options: Options) {
    void this.watch();
  }

  close(): void {
    this.over = true;
    this.ear?.close();
  }

  private async watch(): Promise<void> {
    const { realtime, history, who, personId, token, communities, posts } = this.options;
    while (!this.over) {
      const connection = ++this.connections;
      try {
        const ear = await Ear.connect(realtime, token(), (heard) =>
          history.record({ kind: 'heard', who, personId, connection, at: history.now(), topic: heard.topic, cursor: heard.c, id: heard.id, type: heard.type, data: heard.d }));
        this.ear = ear;
        let open = true;
        void ear.closed.then(() => (open = false));
        while (open) {
          const newest = [...communities.slice(-TOPICS).map(({ id }) => topic.community(id)), ...posts.slice(-TOPICS).map(({ id }) => topic.post(id))];
          for (const one of newest) if (open) await ear.listen(one).catch(() => undefined);
          await Promise.race([ear.closed, pause(LOOK_MS)]);
        }
      } catch {
        // Nobody is there to be listened to: they look again.
      }
      await pause(AGAIN_MS);
    }
  }
}
