import type { PartFault } from './faults.ts';

/** The three parts Mela stands on. */
export type PartName = 'postgres' | 'nats' | 'redis';

export const partNames: readonly PartName[] = ['postgres', 'nats', 'redis'];

/** Where a part came from, in the order in which they are tried. */
export type How = 'url' | 'npm' | 'path' | 'debian' | 'homebrew' | 'docker';

export interface PartReport {
  part: PartName;
  how: How;
  version: string;
  /** One line for people. Holds no secrets. */
  detail: string;
}

export interface PartsOptions {
  /** Private instances keep their data in `<dataDir>/{postgres,nats,redis}`. */
  dataDir: string;
  env: NodeJS.ProcessEnv;
  /** The data may be lost: nothing waits for the disk. For tests and `--ephemeral`. */
  throwaway?: boolean;
  progress?: (line: string) => void;
  /** A private instance is gone for good: it ended by itself again and again, or the guardian did. May be told once for each part. */
  lost?: (fault: PartFault) => void;
}

export interface OpenPart {
  url: string;
  report: PartReport;
  /** Stops a private instance; a part from a URL is left alone. */
  stop(): Promise<void>;
  /** The server's process, when it is ours. */
  pid?: number;
  /** SIGKILL, and waits for the death. Only for a private instance. */
  crash(): Promise<void>;
  /** The same port, the same data. Only for a private instance. */
  restart(): Promise<void>;
}

export interface Parts {
  databaseAdminUrl: string;
  natsUrl: string;
  redisUrl: string;
  reports: PartReport[];
  stop(): Promise<void>;
}
