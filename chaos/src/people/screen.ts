import { setTimeout as pause } from 'node:timers/promises';
import type { TopicName } from '@mela/contracts';
import { Ear } from '@mela/testkit/clients';
import type { History } from '../history/history.ts';

interface Options {
  readonly realtime: string;
  readonly history: History;
  readonly who: string;
  readonly personId: string;
  readonly token: () => string;
  /** What it asks for, and is told where it may. */
  readonly topics: () => readonly TopicName[];
}

const AGAIN_MS = 500;
/** How often somebody looks for more to listen to. */
const MORE_MS = 2_000;

/** Somebody who watches: connects, listens to what they may hear by and by, and comes back whenever the line is gone. */
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
    const { realtime, history, who, personId, token } = this.options;
    while (!this.over) {
      const connection = ++this.connections;
      try {
        const ear = await Ear.connect(realtime, token(), (heard) =>
          history.record({ kind: 'heard', who, personId, connection, at: history.now(), topic: heard.topic, cursor: heard.c, id: heard.id, type: heard.type, data: heard.d }));
        this.ear = ear;
        await this.listen(ear);
      } catch {
        // Nobody is there to be listened to: they look again.
      }
      await pause(AGAIN_MS);
    }
  }

  /** To each topic once, and again where the right to it had ended: whoever comes back listens anew. */
  private async listen(ear: Ear): Promise<void> {
    let open = true;
    const closed = ear.closed.then(() => void (open = false));
    while (open) {
      for (const topic of this.options.topics().filter((name) => !ear.topics.has(name))) if (open) await ear.listen(topic).catch(() => undefined);
      await Promise.race([closed, pause(MORE_MS)]);
    }
  }
}
