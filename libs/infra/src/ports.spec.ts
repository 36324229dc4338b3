import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { dataFolder } from '../spec/ground.ts';
import { choosePort, portOwner, PortTaken } from './index.ts';
import { anyFreePort } from './ports.ts';

async function taken(host: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe('choosing a port', () => {
  it('takes the one wanted when it is free', async () => {
    const port = await anyFreePort();
    for (const explicit of [true, false]) expect(await choosePort({ port, explicit, setting: 'API_PORT' })).toEqual({ port, moved: false });
  });

  it.each(['127.0.0.1', '0.0.0.0'])('moves from a default that is taken on %s to the next free one', async (host) => {
    const port = await taken(host);
    const chosen = await choosePort({ port, explicit: false, setting: 'API_PORT' });
    expect(chosen.moved).toBe(true);
    expect(chosen.port).toBeGreaterThan(port);
  });

  it('leaves alone what is promised to another', async () => {
    const port = await anyFreePort();
    const chosen = await choosePort({ port, explicit: false, setting: 'REALTIME_PORT', avoid: [port, port + 1] });
    expect(chosen.port).toBeGreaterThan(port + 1);
  });

  it('refuses an explicit one that is taken, naming the owner, a free port and the setting', async () => {
    const port = await taken('127.0.0.1');
    const fault = await choosePort({ port, explicit: true, setting: 'API_PORT' }).catch((error: PortTaken) => error);
    if (!(fault instanceof PortTaken)) throw new Error('not refused');
    expect(fault.message).toContain(`API_PORT=${port} is taken by`);
    expect(fault.message).toContain(`(pid ${process.pid})`);
    expect(fault.message).toContain(`set API_PORT=${fault.free}`);
  });

  // Read from /proc, which only Linux has.
  it.runIf(process.platform === 'linux')('names a program of Node by its script', async () => {
    const script = join(await dataFolder(), 'shop.mjs');
    await writeFile(script, `import { createServer } from 'node:net'; const server = createServer().listen(0, '127.0.0.1', () => console.log(server.address().port));`);
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill());
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    expect(await portOwner(Number(line))).toBe(`node shop.mjs (pid ${child.pid})`);
  });

  it('knows no owner of a free port', async () => {
    expect(await portOwner(await anyFreePort())).toBeUndefined();
  });
});
