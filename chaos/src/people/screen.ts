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

  /** To each topic once on a connection: what was lost there is not taken up again in the middle. */
  private async listen(ear: Ear): Promise<void> {
    const listening = new Set<TopicName>();
    let open = true;
    const closed = ear.closed.then(() => void (open = false));
    while (open) {
      for (const topic of this.options.topics().filter((name) => !listening.has(name)))
        await ear.listen(topic).then(() => listening.add(topic), () => undefined);
      await Promise.race([closed, pause(MORE_MS)]);
    }
  }
}
