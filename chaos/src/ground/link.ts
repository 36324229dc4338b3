/** One line between a role and a server, through a proxy that the nemesis holds in its hand. */
export interface Link {
  /** What the role is told to connect to, in place of the server's own port. */
  readonly port: number;
  /** How many go through it at this moment. */
  readonly connections: number;
  /** Resets every connection; new ones are taken. */
  cut(): void;
  /** Resets every connection and takes none until healed. */
  sever(): void;
  /** Every byte arrives so much later, in both directions. */
  delay(ms: number): void;
  /** Half open: nobody is told, and nothing arrives any more. */
  freeze(): void;
  heal(): void;
  close(): Promise<void>;
}
