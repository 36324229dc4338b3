import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { Message } from '../protocol/message.ts';
import { WebSocketWire } from './web-socket-wire.ts';

let server: WebSocketServer;

beforeEach(async () => {
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
});

afterEach(() => new Promise<void>((resolve) => {
  for (const client of server.clients) client.terminate();
  server.close(() => resolve());
}));

const nobodyReads = async () => {
  const accepted = once(server, 'connection');
  const reader = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [socket] = (await accepted) as [WebSocket];
  await once(reader, 'open');
  reader.pause();
  const wire = new WebSocketWire(socket);
  const much = Message.of('x'.repeat(1_000_000));
  // More than the systems on both sides keep for a sleeper.
  for (let n = 0; n < 20; n++) wire.write(much);
  return { wire, reader };
};

it('lets as many wait for one reader as there are, in their order, and nothing warns of a leak', async () => {
  const warnings: Error[] = [];
  const warn = (warning: Error) => warnings.push(warning);
  process.on('warning', warn);
  try {
    const { wire, reader } = await nobodyReads();
    const told: number[] = [];
    const all = Array.from({ length: 30 }, (_none, n) => new Promise<void>((resolve) => wire.whenRead(() => {
      told.push(n);
      resolve();
    })));
    reader.resume();
    await Promise.all(all);
    expect(told).toEqual([...all.keys()]);
    expect(warnings).toEqual([]);
  } finally {
    process.off('warning', warn);
  }
});

it('lets whoever writes much at their turn wait for the next', async () => {
  const { wire, reader } = await nobodyReads();
  const again = new Promise<void>((resolve) => wire.whenRead(() => {
    wire.write(Message.of('x'.repeat(20_000_000)));
    wire.whenRead(resolve);
  }));
  reader.resume();
  await again;
  expect(wire.waiting).toBe(0);
});

it('looks again a little later, and not at every turn, where nothing says when it was read', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate'] });
  try {
    const then = vi.fn();
    new WebSocketWire({ readyState: WebSocket.OPEN } as WebSocket).whenRead(then);
    await vi.advanceTimersByTimeAsync(9);
    expect(then).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(then).toHaveBeenCalledOnce();
  } finally {
    vi.useRealTimers();
  }
});
