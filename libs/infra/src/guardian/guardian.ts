/**
 * A process of its own that runs the servers as its children and outlives the process that asked for them,
 * just long enough to stop them. It learns of that death, kill -9 included, when the channel between the two closes:
 * the kernel closes it. In a session of its own, so that neither Ctrl-C nor a kill of the group reaches it first.
 * Runs on node alone: nothing here may import more than node itself.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { identify, type ProcessIdentity } from '../processes/process-identity.ts';
import { killProcess, stopProcess } from '../processes/stop-process.ts';
import type { Launch, News, Order } from './orders.ts';

/** With the kill that follows it, everything is gone within 5 s of the parent's death. */
const patienceWhenBereaved = 3500;

interface Server {
  launch: Launch;
  identity: ProcessIdentity;
}

const servers = new Map<number, Server>();

process.on('message', (order: Order) => {
  if (order.do === 'launch') {
    try {
      return launch(order.id, order.launch);
    } catch (fault) {
      return tell({ is: 'refused', id: order.id, why: (fault as Error).message });
    }
  }
  const server = servers.get(order.id);
  if (server === undefined) return tell({ is: 'ended', id: order.id, how: 'had ended before' });
  // The answer to both is the news that the server ended.
  const end = order.do === 'stop' ? stopProcess(server.identity, server.launch.farewell, order.patience) : killProcess(server.identity, server.launch.farewell);
  end.catch((fault: Error) => tell({ is: 'refused', id: order.id, why: fault.message }));
});
process.on('disconnect', () => void bereaved());
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void bereaved());
process.on('uncaughtException', () => void bereaved());

function launch(id: number, wanted: Launch): void {
  const log = openSync(wanted.logFile, 'a', 0o600);
  const { command, args, env, cwd, uid, gid } = wanted;
  const child = spawn(command, args, {
    env, cwd, detached: true, stdio: ['ignore', log, log],
    ...(uid === undefined || gid === undefined ? {} : { uid, gid }),
  });
  closeSync(log);
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  if (identity !== undefined) {
    writeFileSync(wanted.identityFile, JSON.stringify(identity), { mode: 0o600 });
    servers.set(id, { launch: wanted, identity });
    tell({ is: 'launched', id, identity });
  }
  watch(id, child, wanted);
}

function watch(id: number, child: ChildProcess, { identityFile }: Launch): void {
  child.on('error', (fault) => tell({ is: 'refused', id, why: fault.message }));
  child.on('exit', (code, signal) => {
    const own = servers.get(id)?.identity;
    servers.delete(id);
    if (own !== undefined && holds(identityFile, own)) rmSync(identityFile, { force: true });
    tell({ is: 'ended', id, how: signal ?? `exit code ${code}` });
  });
}

let leaving = false;

async function bereaved(): Promise<void> {
  if (leaving) return;
  leaving = true;
  if (process.connected) process.disconnect();
  await Promise.allSettled([...servers.values()].map(({ identity, launch: { farewell } }) => stopProcess(identity, farewell, patienceWhenBereaved)));
  for (const { identity, launch: { identityFile } } of servers.values()) if (holds(identityFile, identity)) rmSync(identityFile, { force: true });
  process.exit(0);
}

/** A next start may have written its own server's identity by now. */
function holds(file: string, identity: ProcessIdentity): boolean {
  try {
    return readFileSync(file, 'utf8') === JSON.stringify(identity);
  } catch {
    return false;
  }
}

function tell(news: News): void {
  if (process.connected) process.send?.(news, undefined, undefined, () => undefined);
}
