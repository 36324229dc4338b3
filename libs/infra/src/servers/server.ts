import type { Answer } from '../answers.ts';
import type { PartFolder } from '../part-folder.ts';
import type { Program, Source } from '../programs/program.ts';
import type { NatsUser } from './nats-users.ts';
import type { SystemUser } from './system-user.ts';

/** One start of a private instance. */
export interface Boot {
  folder: PartFolder;
  program: Program;
  env: NodeJS.ProcessEnv;
  port: number;
  /** The loopback address, except inside a container, whose port is published on it. */
  host: string;
  throwaway: boolean;
  natsUsers: readonly NatsUser[];
  /** Another user for the server, where it refuses to run as this one. */
  runAs?: SystemUser | undefined;
}

/** What Mela knows about one kind of server. */
export interface Server {
  /** Where its program may come from, in order. */
  sources: Source[];
  /** Asks politely to end, first to last. */
  farewell: NodeJS.Signals[];
  answers(url: string, within: number): Promise<Answer>;
  url(port: number, password: string): string;
  runAs?(boot: Omit<Boot, 'runAs'>): Promise<SystemUser | undefined>;
  /** Makes the data folder and the configuration ready. */
  prepare(boot: Boot): Promise<void>;
  args(boot: Boot): string[];
}
