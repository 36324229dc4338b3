import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { SocketLike } from './links/web-socket-link.ts';
import { MelaRealtime } from './mela-realtime.ts';
import type { State } from './options.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What there is of a socket before anything is made of it. */
abstract class Socket implements SocketLike {
  readyState = 0;
  onopen: SocketLike['onopen'] = null;
  onmessage: SocketLike['onmessage'] = null;
  onclose: SocketLike['onclose'] = null;
  onerror: SocketLike['onerror'] = null;

  abstract send(text: string): void;

  close(): void {
    this.readyState = 3;
  }
}

/** It stands after a while, and whoever shows a token on it is let in. */
class SlowSocket extends Socket {
  constructor() {
    super();
    setTimeout(() => {
      this.readyState = 1;
      this.onopen?.({} as never);
    }, 7_000);
  }

  send(text: string): void {
    if (text.includes('"connect"')) setTimeout(() => this.onmessage?.({ data: '{"t":"connected","ping":25000}' } as never), 1_000);
  }
}

it('a connection that is about to stand is not given up sooner because the page is looked at', async () => {
  const states: State[] = [];
  const client = new MelaRealtime({
    url: 'wss://realtime.example/realtime', WebSocket: SlowSocket, transports: ['websocket'], token: async () => 'a token', changed: (state) => states.push(state), random: () => 0.5,
  });
  client.connect();
  for (let seconds = 0; seconds < 8; seconds++) {
    await vi.advanceTimersByTimeAsync(1_000);
    if (seconds < 7) client.check();
  }
  expect(states).toEqual(['connecting', 'connected']);
  client.check();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(states).toEqual(['connecting', 'connected', 'waiting']);
  client.close();
});

it('a client whose gateway died comes back within the span that it named, in every attempt until it is let in again', async () => {
  const opened: number[] = [];
  let gateway: { retryJitter?: number } | undefined = { retryJitter: 3_000 };
  const sockets: { breakOff(): void }[] = [];
  class PromptSocket extends Socket {
    constructor() {
      super();
      opened.push(Date.now());
      sockets.push(this);
      const isThere = gateway !== undefined;
      void Promise.resolve().then(() => (isThere ? this.stand() : this.breakOff()));
    }

    send(text: string): void {
      if (text.includes('"connect"')) this.onmessage?.({ data: JSON.stringify({ t: 'connected', ping: 600_000, ...gateway }) } as never);
    }

    stand(): void {
      this.readyState = 1;
      this.onopen?.({} as never);
    }

    breakOff(): void {
      this.onclose?.({ code: 1006 } as never);
    }
  }
  const client = new MelaRealtime({ url: 'wss://realtime.example/realtime', WebSocket: PromptSocket, transports: ['websocket'], token: async () => 'a token', random: () => 0.5 });
  client.connect();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(client.state).toBe('connected');
  gateway = undefined;
  opened.splice(0, Infinity, Date.now());
  sockets.at(-1)!.breakOff();
  await vi.advanceTimersByTimeAsync(9_000);
  // Half of 3, 3, 3 and 4 seconds.
  expect(opened.slice(1).map((at, n) => at - opened[n]!)).toEqual([1_500, 1_500, 1_500, 2_000]);
  // One that is older, or has few, names none.
  gateway = {};
  await vi.advanceTimersByTimeAsync(40_000);
  expect(client.state).toBe('connected');
  opened.splice(0, Infinity, Date.now());
  sockets.at(-1)!.breakOff();
  await vi.advanceTimersByTimeAsync(250);
  expect(opened.slice(1).map((at, n) => at - opened[n]!)).toEqual([250]);
  client.close();
});
