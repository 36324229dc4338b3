import type { PartFault } from './faults.ts';
import type { NatsUser } from './servers/nats-users.ts';

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
  /** Who else may connect to a private NATS, and what for. Without any there is one user, who may do everything. */
  natsUsers?: readonly NatsUser[];
  progress?: (line: string) => void;
  /** A private instance is gone for good: it ended by itself again and again, or the guardian did. May be told once for each part. */
  lost?: (fault: PartFault) => void;
}

export interface OpenPart {
  /** A private instance's, with the credentials of one who may do everything. */
  url: string;
  /** Of the users that were asked for, by their names. */
  passwords: Readonly<Record<string, string>>;
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
  /** Of the users that were asked for; none where the bus is not a private one. */
  natsPasswords: Readonly<Record<string, string>>;
  redisUrl: string;
  reports: PartReport[];
  stop(): Promise<void>;
}
