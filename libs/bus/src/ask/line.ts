import type { NatsConnection } from '@nats-io/transport-node';
import { watchConnectivity } from '../stream/connectivity.ts';

/** The bus went away while an answer was waited for, or stays away: what was asked may or may not have happened. */
export class CutOff extends Error {
  override readonly name = 'CutOff';
}

const PATIENCE_MS = 2_000;

/**
 * The way to those who are asked. What is sent without a connection may be lost (see `watchConnectivity`), and an answer
 * cannot come through one that is gone. So a short break is waited out before anything is sent, in a longer one nobody is
 * kept waiting, and whoever waits for an answer when it breaks is told at once.
 */
export class Line {
  private static readonly lines = new WeakMap<NatsConnection, Line>();

  /** One for each connection, however many ask over it: it is watched once, until it is closed. */
  static of(nc: NatsConnection): Line {
    const line = this.lines.get(nc) ?? new Line(nc);
    this.lines.set(nc, line);
    return line;
  }

  private readonly waiting = new Set<(fault: Error) => void>();
  private readonly hoping = new Set<() => void>();
  private brokeAt: number | undefined;

  private constructor(private readonly nc: NatsConnection) {
    watchConnectivity(nc, (connected) => (connected ? this.mend() : this.break()));
  }

  get fault(): string | undefined {
    return this.nc.isClosed() || this.brokeAt !== undefined ? 'is not connected' : undefined;
  }

  /** Whoever has less time than that is not kept waiting for longer than theirs. */
  async answerTo<R>(withinMs: number, send: () => Promise<R>): Promise<R> {
    if (this.brokeAt !== undefined) await this.mended(Math.min(withinMs, this.brokeAt + PATIENCE_MS - performance.now()));
    return new Promise((resolve, reject) => {
      this.waiting.add(reject);
      void send().then(resolve, reject).finally(() => this.waiting.delete(reject));
    });
  }

  private mended(patienceMs: number): Promise<void> {
    const away = new CutOff('The message bus is away');
    if (patienceMs <= 0 || this.nc.isClosed()) return Promise.reject(away);
    return new Promise((resolve, reject) => {
      const hope = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.hoping.delete(hope);
        reject(away);
      }, patienceMs);
      this.hoping.add(hope);
    });
  }

  private break(): void {
    this.brokeAt ??= performance.now();
    for (const fail of this.waiting) fail(new CutOff('The message bus broke off before the answer came'));
  }

  private mend(): void {
    this.brokeAt = undefined;
    const hoping = [...this.hoping];
    this.hoping.clear();
    for (const hope of hoping) hope();
  }
}
