import { setImmediate } from 'node:timers/promises';
import { closing } from '../protocol/close-codes.ts';
import { bye } from '../protocol/outgoing.ts';
import type { Connection } from './connection.ts';

const FAREWELLS_PER_TURN = 100;

/** Everybody who is connected. */
export class Connections {
  private readonly all = new Set<Connection>();
  private whenEmpty: (() => void) | undefined;

  get size(): number {
    return this.all.size;
  }

  add(connection: Connection): void {
    this.all.add(connection);
  }

  delete(connection: Connection): void {
    this.all.delete(connection);
    if (this.all.size === 0) this.whenEmpty?.();
  }

  closeAll(why: Parameters<Connection['close']>[0]): void {
    for (const connection of this.all) connection.close(why);
  }

  /** Says good-bye to all, a batch per turn of the event loop, and answers when the last has gone. */
  async drain(): Promise<void> {
    let said = 0;
    for (const connection of this.all) {
      connection.send(bye);
      connection.close(closing.drain);
      if (++said % FAREWELLS_PER_TURN === 0) await setImmediate();
    }
    if (this.all.size > 0) await new Promise<void>((resolve) => (this.whenEmpty = resolve));
  }
}
