import { closing } from '../protocol/close-codes.ts';
import { expiresSoon } from '../protocol/outgoing.ts';
import type { Connection } from './connection.ts';
import { Wheel } from './wheel.ts';

interface Patience {
  readonly authMs: number;
  readonly pingMs: number;
  readonly pongMs: number;
  /** How long before its end a token's owner is reminded. */
  readonly noticeMs: number;
}

const TICKS_PER_WAIT = 10;
const LONGEST_TICK_MS = 100;

/** Ends connections that never say who they are, outlive their token, or went away without a word. */
export class Vigil {
  private readonly wheel: Wheel<Connection>;

  constructor(private readonly patience: Patience) {
    const shortest = Math.min(patience.authMs, patience.pingMs, patience.pongMs);
    this.wheel = new Wheel(Math.min(LONGEST_TICK_MS, Math.ceil(shortest / TICKS_PER_WAIT)), (connection) => this.look(connection));
  }

  get pingMs(): number {
    return this.patience.pingMs;
  }

  begin(connection: Connection): void {
    this.wheel.set(connection, this.patience.authMs);
  }

  admitted(connection: Connection): void {
    connection.heardAt = connection.pingedAt = performance.now();
    this.arrange(connection);
  }

  /** Another token, another end. */
  refreshed(connection: Connection): void {
    this.arrange(connection);
  }

  end(connection: Connection): void {
    this.wheel.delete(connection);
  }

  stop(): void {
    this.wheel.stop();
  }

  private look(connection: Connection): void {
    const { session } = connection;
    if (!connection.isOpen) return;
    if (!session) return connection.close(closing.noConnect);
    if (Date.now() >= session.expiresAt) return connection.close(closing.expired);
    if (!session.warned && Date.now() >= session.expiresAt - this.patience.noticeMs) {
      session.warned = true;
      connection.send(expiresSoon(Math.ceil((session.expiresAt - Date.now()) / 1000)));
    }
    if (performance.now() >= this.nextWord(connection)) {
      if (isSilent(connection)) return connection.close(closing.noPong);
      connection.ping();
    }
    this.arrange(connection);
  }

  private arrange(connection: Connection): void {
    const { expiresAt, warned } = connection.session!;
    const untilEnd = expiresAt - Date.now() - (warned ? 0 : this.patience.noticeMs);
    this.wheel.set(connection, Math.min(untilEnd, this.nextWord(connection) - performance.now()));
  }

  /** When a ping is due, or the answer to the last one overdue. Any frame shows that somebody is there. */
  private nextWord(connection: Connection): number {
    const { pingMs, pongMs } = this.patience;
    return connection.pingedAt + (isSilent(connection) ? Math.min(pingMs, pongMs) : pingMs);
  }
}

/** Where only this side can speak, nobody waits for an answer. */
const isSilent = ({ transport, heardAt, pingedAt }: Connection): boolean => transport === 'websocket' && heardAt < pingedAt;
