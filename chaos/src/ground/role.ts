/** A process that hosts targets, kept alive as an orchestrator would: whenever it ends, it is started again. */
export interface Role {
  /** Its only target, or `all`. */
  readonly name: string;
  readonly pid: number;
  /** Times it has been started again. */
  readonly restarts: number;
  /** SIGKILL by default. It comes back by itself. */
  kill(signal?: NodeJS.Signals): void;
  /** SIGSTOP until `resume`. */
  pause(): void;
  resume(): void;
  /** Ends it at once and starts it with these settings on top, which it keeps until it is next started. */
  restartWith(environment: Readonly<Record<string, string>>): Promise<void>;
  /** When the next start of this process is ready; at once where it is ready. */
  ready(): Promise<void>;
}
