import { setImmediate } from 'node:timers/promises';
import { reach } from '@mela/bus';
import { closing } from '../protocol/close-codes.ts';
import { retryJitterOf } from '../protocol/outgoing.ts';
import type { Journal } from '../why/journal.ts';
import type { Connection } from './connection.ts';

const FAREWELLS_PER_TURN = 100;

/** Everybody who is connected. */
export class Connections {
  private readonly all = new Set<Connection>();
  private readonly byPerson = new Map<string, Set<Connection>>();
  private drains = false;
  private whenEmpty: (() => void) | undefined;

  constructor(
    private readonly mostPerPerson: number,
    private readonly journal: Pick<Journal, 'began' | 'ended'>,
  ) {}

  get size(): number {
    return this.all.size;
  }

  /** How far they are to spread when they come back all at once, as far as it is known now. */
  get retryJitter(): number {
    return retryJitterOf(this.size);
  }

  /** Everybody is told to leave: whoever came now would be told by nobody. */
  get isDraining(): boolean {
    return this.drains;
  }

  add(connection: Connection): void {
    this.all.add(connection);
  }

  /** Another one of this person would be one too many. The oldest stay: they may be in use. */
  areTooManyOf(personId: string): boolean {
    return (this.byPerson.get(personId)?.size ?? 0) >= this.mostPerPerson;
  }

  /** Those of a person: one for each of their open screens. */
  of(personId: string): Iterable<Connection> {
    return this.byPerson.get(personId) ?? [];
  }

  /** From now on it is known whose it is. */
  admitted(connection: Connection): void {
    const { personId } = connection.session!;
    this.journal.began(connection);
    const screens = this.byPerson.get(personId);
    if (screens) screens.add(connection);
    else this.byPerson.set(personId, new Set([connection]));
  }

  delete(connection: Connection): void {
    this.all.delete(connection);
    this.journal.ended(connection);
    const personId = connection.session?.personId ?? '';
    const screens = this.byPerson.get(personId);
    screens?.delete(connection);
    if (screens?.size === 0) this.byPerson.delete(personId);
    if (this.all.size === 0) this.whenEmpty?.();
  }

  /** What one sign-in of a person's has open ends with it. */
  closeThoseOf(personId: string, sessionId: string): void {
    for (const connection of this.of(personId)) if (connection.session!.sessionId === sessionId) connection.close(closing.signedOut);
  }

  /** Those whose token is worth nothing any more, which may be all: a batch per turn of the event loop. */
  async closeThoseWithout(isGood: (session: NonNullable<Connection['session']>) => boolean): Promise<void> {
    let closed = 0;
    for (const connection of this.all) {
      if (!connection.session || isGood(connection.session)) continue;
      connection.close(closing.invalidToken);
      if (++closed % FAREWELLS_PER_TURN === 0) await setImmediate();
    }
  }

  closeAll(why: Parameters<Connection['close']>[0]): void {
    for (const connection of this.all) connection.close(why);
  }

  /** Says good-bye to all, a batch per turn of the event loop, and answers when the last has gone. */
  async drain(): Promise<void> {
    this.drains = true;
    let said = 0;
    for (const connection of this.all) {
      connection.close(closing.drain);
      reach('realtime.draining');
      if (++said % FAREWELLS_PER_TURN === 0) await setImmediate();
    }
    if (this.all.size > 0) await new Promise<void>((resolve) => (this.whenEmpty = resolve));
  }
}
