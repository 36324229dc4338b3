import { spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { isRunning, type ProcessIdentity } from './process-identity.ts';

/** How a server is told to end. */
export interface Farewell {
  /** From polite to rude. SIGKILL follows on its own. */
  signals: NodeJS.Signals[];
  /** A command that ends the server for certain, where a SIGKILL to the process would not (a container). */
  killCommand?: string[] | undefined;
}

/**
 * Ends a process that is provably the one meant, and waits for its death. `patience` is shared by the
 * polite signals; what still lives after it is killed. Each signal is preceded by a new proof of identity.
 */
export async function stopProcess(identity: ProcessIdentity, farewell: Farewell, patience: number): Promise<void> {
  for (const signal of farewell.signals) {
    if (!send(identity, signal)) return;
    if (await died(identity, patience / farewell.signals.length)) return;
  }
  await killProcess(identity, farewell);
}

export async function killProcess(identity: ProcessIdentity, farewell: Farewell): Promise<void> {
  const [command, ...args] = farewell.killCommand ?? [];
  if (command !== undefined) spawnSync(command, args, { stdio: 'ignore', timeout: 10_000 });
  if (!send(identity, 'SIGKILL')) return;
  if (!(await died(identity, 10_000))) throw new Error(`The process ${identity.pid} does not die`);
}

function send(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isRunning(identity)) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw fault;
  }
}

async function died(identity: ProcessIdentity, within: number): Promise<boolean> {
  const deadline = Date.now() + within;
  while (isRunning(identity)) {
    if (Date.now() > deadline) return false;
    await pause(10);
  }
  return true;
}
