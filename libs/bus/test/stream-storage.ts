import { cp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { durableName, STREAM } from '../src/subjects.ts';
import { eventually, type World } from './world.ts';

/** The files of the stream, to be lost the way a power failure loses them. Only while the server is down. */
export class StreamStorage {
  private readonly folder: string;

  constructor(private readonly world: World) {
    this.folder = join(world.dataDir, 'nats', 'jetstream', 'jetstream', '$G', 'streams', STREAM);
  }

  private get copy(): string {
    return join(this.world.dataDir, 'messages-then');
  }

  /** Keeps the messages as they are now. */
  async keep(): Promise<void> {
    await rm(this.copy, { recursive: true, force: true });
    await cp(join(this.folder, 'msgs'), this.copy, { recursive: true });
  }

  /** The messages are those of then; the consumers stay where they are. */
  async rewind(): Promise<void> {
    await rm(join(this.folder, 'msgs'), { recursive: true });
    await cp(this.copy, join(this.folder, 'msgs'), { recursive: true });
  }

  async wipe(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }

  /** Waits until the server has written down how far the consumer is by now. */
  async written(consumer: string): Promise<void> {
    const now = Date.now();
    await eventually(() => stat(join(this.folder, 'obs', durableName(consumer), 'o.dat')), ({ mtimeMs }) => mtimeMs > now);
  }
}
