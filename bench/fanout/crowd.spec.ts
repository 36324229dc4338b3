import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { Contestant } from '../contestant.mjs';

const SOCKETS = 4;

describe('the crowd', () => {
  let server: WebSocketServer;
  let crowd: Contestant;
  beforeEach(async () => {
    server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    server.on('connection', (socket) => void socket.once('message', () => socket.send('{"t":"live"}')));
    crowd = await Contestant.start(new URL('./crowd.mjs', import.meta.url), {});
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    await crowd.ask('join', { url, protocol: 'bare', tokens: [''], count: SOCKETS });
    await crowd.ask('expect', { events: 10, cores: [0] });
  });
  afterEach(async () => {
    await crowd.ask('leave');
    await crowd.end();
    server.close();
  });

  /** Ten events to everybody, to one of them as often as is said. */
  const tell = (odd: readonly number[] = Array<number>(10).fill(1)) => {
    for (const times of odd) {
      const text = JSON.stringify({ t: 'ev', id: randomUUID() });
      [...server.clients].forEach((client, place) => {
        for (let n = 0; n < (place === 0 ? times : 1); n++) client.send(text);
      });
    }
  };

  it('knows when everybody has heard everything, and how busy a core was until then', async () => {
    tell();
    const { at, busy } = await crowd.ask('done');
    expect(Number(process.hrtime.bigint()) - at).toBeGreaterThan(0);
    expect(busy).toBeGreaterThanOrEqual(0);
    expect(busy).toBeLessThanOrEqual(100);
  });

  it('says what is lost, and does not wait for it for ever', async () => {
    tell([1, 1, 1, 0, 1, 1, 1, 1, 1, 1]);
    await expect(crowd.ask('done', { stalledMs: 300 })).rejects.toThrow('1 of 4 sockets heard something else than 10 events: 1 heard 9');
  });

  it('notices what is told twice, were it the last', async () => {
    tell([1, 1, 1, 1, 1, 1, 1, 1, 1, 2]);
    await expect(crowd.ask('done')).rejects.toThrow('1 of 4 sockets heard something else than 10 events: 1 heard 11');
  });

  it('notices that one event was lost and another told twice', async () => {
    tell([1, 0, 1, 1, 1, 1, 1, 1, 1, 3]);
    await expect(crowd.ask('done')).rejects.toThrow('1 heard 11');
  });

  it('says so when it was let go, and does not wait for a farewell when it leaves', async () => {
    const gone = [...server.clients].map((client) => once(client, 'close'));
    for (const client of server.clients) client.terminate();
    await Promise.all(gone);
    await expect(crowd.ask('done', { stalledMs: 300 })).rejects.toThrow('4 of 4 sockets heard something else than 10 events: 4 heard 0');
  });
});
