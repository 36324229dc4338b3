import type { Farewell } from '../processes/stop-process.ts';
import type { ProcessIdentity } from '../processes/process-identity.ts';

/** A server to run. Everything the guardian must know to end it without its parent. */
export interface Launch {
  command: string;
  args: string[];
  env: Record<string, string>;
  cwd: string;
  uid?: number | undefined;
  gid?: number | undefined;
  logFile: string;
  /** Written the moment the server runs: with it, a later start can prove that a leftover is ours. */
  identityFile: string;
  farewell: Farewell;
}

/** From the parent to its guardian. */
export type Order =
  | { do: 'launch'; id: number; launch: Launch }
  | { do: 'stop'; id: number; patience: number }
  | { do: 'kill'; id: number };

/** From the guardian to its parent. */
export type News =
  | { is: 'launched'; id: number; identity: ProcessIdentity }
  | { is: 'refused'; id: number; why: string }
  | { is: 'ended'; id: number; how: string };
