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
const TOPICS = 10;

/** Somebody who watches: connects, listens to what they may hear, and comes back whenever the line is gone. */
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
        const topics = [...communities.slice(-TOPICS).map(({ id }) => topic.community(id)), ...posts.slice(-TOPICS).map(({ id }) => topic.post(id))];
        for (const one of topics) await ear.listen(one).catch(() => undefined);
        await ear.closed;
      } catch {
        // Nobody is there to be listened to: they look again.
      }
      await pause(AGAIN_MS);
    }
  }
}
