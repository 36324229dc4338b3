import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { SocketLike } from './links/web-socket-link.ts';
import { MelaRealtime } from './mela-realtime.ts';
import type { State } from './options.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** It stands after a while, and whoever shows a token on it is let in. */
class SlowSocket implements SocketLike {
  readyState = 0;
  onopen: SocketLike['onopen'] = null;
  onmessage: SocketLike['onmessage'] = null;
  onclose: SocketLike['onclose'] = null;
  onerror: SocketLike['onerror'] = null;

  constructor() {
    setTimeout(() => {
      this.readyState = 1;
      this.onopen?.({} as never);
    }, 7_000);
  }

  send(text: string): void {
    if (text.includes('"connect"')) setTimeout(() => this.onmessage?.({ data: '{"t":"connected","ping":25000}' } as never), 1_000);
  }

  close(): void {
    this.readyState = 3;
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
