import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../test/eventually.ts';
import { openLink } from './proxy.ts';

/** A server, the line to it, and somebody at the near end. */
async function line(serve: (socket: Socket) => void = (socket) => socket.pipe(socket)) {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    sockets.push(socket);
    serve(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const link = await openLink({ host: '127.0.0.1', port });
  onTestFinished(async () => {
    await link.close();
    for (const socket of sockets) socket.destroy();
    await closed(server);
  });
  return { link, server, sockets, port };
}

async function caller(port: number) {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const heard: Buffer[] = [];
  const seen = { end: false, fault: undefined as string | undefined };
  socket.on('data', (chunk) => heard.push(chunk));
  socket.on('end', () => (seen.end = true));
  socket.on('error', (fault: NodeJS.ErrnoException) => (seen.fault = fault.code));
  onTestFinished(() => void socket.destroy());
  await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
  const words = () => Buffer.concat(heard).toString();
  return { socket, seen, words, hears: (wanted: string) => eventually(words, (said) => said === wanted) };
}

const closed = (server: Server) => (server.listening ? once(server.close(), 'close') : undefined);
/** Long enough for what is on its way on one machine, where nothing may be on its way. */
const meanwhile = async () => {
  for (let i = 0; i < 200; i++) await turn();
};

describe('a healthy line', () => {
  it('carries everything both ways, and each end by itself', async () => {
    const { link } = await line((socket) => {
      const said: Buffer[] = [];
      socket.on('data', (chunk) => said.push(chunk));
      // Answers only when it has heard that there is no more to come.
      socket.on('end', () => socket.end(Buffer.concat(said)));
    });
    const asha = await caller(link.port);
    asha.socket.end('one and all');
    await asha.hears('one and all');
    await eventually(() => asha.seen.end, Boolean);
    await eventually(() => link.connections, (left) => left === 0);
    expect(asha.seen.fault).toBeUndefined();
  });

  it('lets nobody write faster than the other side reads', async () => {
    const { link, sockets } = await line((socket) => socket.pause());
    const asha = await caller(link.port);
    const chunk = Buffer.alloc(1 << 20);
    let written = 0;
    while (written < 256 && (asha.socket.write(chunk), (written += 1), await taken(asha.socket)));
    // Two pairs of the kernel's buffers are a few megabytes.
    expect(written).toBeLessThan(64);
    let arrived = 0;
    sockets[0]!.on('data', (data) => (arrived += data.length)).resume();
    await eventually(() => arrived, (bytes) => bytes === written * chunk.length);
  });

  it('breaks where the server breaks, and where there is none', async () => {
    const { link, sockets, server } = await line();
    const asha = await caller(link.port);
    asha.socket.write('hello');
    await asha.hears('hello');
    sockets[0]!.resetAndDestroy();
    await eventually(() => asha.seen.fault, (fault) => fault === 'ECONNRESET');

    await closed(server);
    const ravi = await caller(link.port);
    await eventually(() => ravi.seen.fault, (fault) => fault === 'ECONNRESET');
  });

  it('tells the server of a caller who is gone', async () => {
    const { link, sockets } = await line();
    const asha = await caller(link.port);
    asha.socket.write('hello');
    await asha.hears('hello');
    asha.socket.resetAndDestroy();
    await eventually(() => sockets[0]!.destroyed, Boolean);
  });
});

describe('a line in the hand of the nemesis', () => {
  it('is cut: what there was breaks, what comes is taken', async () => {
    const { link, sockets } = await line();
    const asha = await caller(link.port);
    asha.socket.write('hello');
    await asha.hears('hello');
    link.cut();
    await eventually(() => asha.seen.fault, (fault) => fault === 'ECONNRESET');
    await eventually(() => sockets[0]!.destroyed, Boolean);
    const ravi = await caller(link.port);
    ravi.socket.write('again');
    await ravi.hears('again');
  });

  it('is severed: nobody comes through until it is healed', async () => {
    const { link } = await line();
    const asha = await caller(link.port);
    link.sever();
    await eventually(() => asha.seen.fault, (fault) => fault === 'ECONNRESET');
    const ravi = await caller(link.port);
    await eventually(() => ravi.seen.fault, (fault) => fault === 'ECONNRESET');
    link.heal();
    const mira = await caller(link.port);
    mira.socket.write('at last');
    await mira.hears('at last');
  });

  it('is slow: everything comes later, in its order, and at once when it is healed', async () => {
    const { link } = await line();
    const asha = await caller(link.port);
    link.delay(60);
    const began = performance.now();
    asha.socket.write('one ');
    await asha.hears('one ');
    expect(performance.now() - began).toBeGreaterThanOrEqual(119);

    link.delay(60_000);
    for (const word of ['two ', 'three ', 'four']) asha.socket.write(word);
    await meanwhile();
    link.delay(0);
    asha.socket.end(' five');
    await asha.hears('one two three four five');
    await eventually(() => asha.seen.end, Boolean);
  });

  it('is slow and keeps no more than it can hold', async () => {
    const { link } = await line((socket) => socket.resume());
    const asha = await caller(link.port);
    link.delay(60_000);
    const chunk = Buffer.alloc(1 << 20);
    let written = 0;
    while (written < 256 && (asha.socket.write(chunk), (written += 1), await taken(asha.socket)));
    expect(written).toBeLessThan(64);
  });

  it('freezes: nothing arrives and nobody is told, neither of data nor of an end, until it is reset', async () => {
    const { link, sockets } = await line();
    const [asha, ravi] = [await caller(link.port), await caller(link.port)];
    for (const { socket, hears } of [asha, ravi]) {
      socket.write('hello');
      await hears('hello');
    }
    link.freeze();
    const mira = await caller(link.port);
    mira.socket.write('is anybody there?');
    asha.socket.write('and now?');
    sockets[1]!.resetAndDestroy();
    const leo = await caller(link.port);
    leo.socket.resetAndDestroy();
    await meanwhile();
    expect([asha.words(), ravi.words(), mira.words()]).toEqual(['hello', 'hello', '']);
    expect([asha.seen, ravi.seen, mira.seen]).toEqual(Array(3).fill({ end: false, fault: undefined }));
    expect([sockets.length, sockets[0]!.destroyed]).toEqual([2, false]);

    link.heal();
    for (const { seen } of [asha, ravi, mira]) await eventually(() => seen.fault, (fault) => fault === 'ECONNRESET');
    await eventually(() => sockets[0]!.destroyed, Boolean);
    await eventually(() => link.connections, (left) => left === 0);
    const noor = await caller(link.port);
    noor.socket.write('again');
    await noor.hears('again');
  });

  it('closes, whatever state it is in', async () => {
    for (const harm of ['cut', 'sever', 'freeze', 'heal'] as const) {
      const { link } = await line();
      const asha = await caller(link.port);
      link[harm]();
      await link.close();
      await eventually(() => asha.seen.fault, (fault) => fault === 'ECONNRESET');
      await link.close();
    }
  });
});

/** Whether the kernel took what was written, or keeps it waiting because nobody reads at the other end. */
async function taken(socket: Socket): Promise<boolean> {
  if (!socket.writableNeedDrain) return true;
  const stuck = new AbortController();
  const timer = setTimeout(() => stuck.abort(), 200);
  return once(socket, 'drain', { signal: stuck.signal }).then(() => true, () => false).finally(() => clearTimeout(timer));
}
