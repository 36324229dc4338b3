type Cause = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'orphaned';

/** A terminal, npm and the starter may each pass on one and the same Ctrl-C: what comes this soon is no second one. */
const ECHO_MS = 1_000;
/** When nobody is left to wait, everything is to be gone within 5 s, the servers included. */
const ORPHAN_PATIENCE_MS = 1_500;
const PATIENCE_MS = 20_000;

/** Listens for everything that asks a process to end: once it is asked, the work at hand has a limited time to finish. */
export class Ending {
  readonly asked: Promise<Cause>;
  private cause: Cause | undefined;
  private askedAt = 0;
  private readonly tell: (cause: Cause) => void;
  /** A process that only waits to be ended has nothing else that keeps it: the servers' own channel does not. */
  private readonly awake = setInterval(() => undefined, 2 ** 30);
  private readonly listeners: [string, () => void][] = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((signal) => [signal, () => this.ask(signal)]);

  constructor(private readonly quit: (exit: number) => void = (exit) => process.exit(exit)) {
    const { promise, resolve } = Promise.withResolvers<Cause>();
    this.asked = promise;
    this.tell = resolve;
    // The channel to whoever started us closes when that one dies, however it dies.
    if (process.connected) this.listeners.push(['disconnect', () => this.ask('orphaned')]);
    for (const [event, listener] of this.listeners) process.on(event, listener);
  }

  /** Ctrl-C is an interruption, and says so; being told to end and ending is a success. */
  get exit(): number {
    return this.cause === 'SIGINT' ? 130 : 0;
  }

  get begun(): boolean {
    return this.cause !== undefined;
  }

  close(): void {
    clearInterval(this.awake);
    for (const [event, listener] of this.listeners) process.off(event, listener);
  }

  private ask(cause: Cause): void {
    if (this.cause !== undefined) {
      if (cause === 'SIGINT' && Date.now() - this.askedAt > ECHO_MS) this.quit(130);
      return;
    }
    this.cause = cause;
    this.askedAt = Date.now();
    setTimeout(() => this.quit(this.exit || 1), cause === 'orphaned' ? ORPHAN_PATIENCE_MS : PATIENCE_MS).unref();
    this.tell(cause);
  }
}
