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
    const { realtime, history, who, personId, token, communities } = this.options;
    while (!this.over) {
      const connection = ++this.connections;
      try {
        const ear = await Ear.connect(realtime, token(), (heard) =>
          history.record({ kind: 'heard', who, personId, connection, at: history.now(), topic: heard.topic, cursor: heard.c, id: heard.id, type: heard.type, data: heard.d }));
        this.ear = ear;
        for (const { id } of communities.slice(-TOPICS)) await ear.listen(topic.community(id)).catch(() => undefined);
        await ear.closed;
      } catch {
        // Nobody is there to be listened to: they look again.
      }
      await pause(AGAIN_MS);
    }
  }
}
