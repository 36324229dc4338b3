import type { Options } from '../options.ts';
import type { Way } from '../ways.ts';
import { EventStreamLink } from './event-stream-link.ts';
import type { Link, LinkOptions } from './link.ts';
import { PollLink } from './poll-link.ts';
import { WebSocketLink, type SocketConstructor } from './web-socket-link.ts';

type Given = Pick<Options, 'url' | 'WebSocket' | 'fetch'>;

/** Undefined where the platform has none and none was given. */
export const socketOf = ({ WebSocket }: Given): SocketConstructor | undefined => WebSocket ?? (globalThis as { WebSocket?: SocketConstructor }).WebSocket;

export function openLink(way: Way, given: Given, rest: Omit<LinkOptions, 'url'>): Link {
  const options = { url: addressOf(given.url, way), ...rest };
  if (way === 'websocket') return new WebSocketLink(options, socketOf(given)!);
  const fetched: typeof fetch = given.fetch ?? ((input, init) => fetch(input, init));
  return way === 'sse' ? new EventStreamLink(options, fetched) : new PollLink(options, fetched);
}

function addressOf(url: string, way: Way): string {
  if (way === 'websocket') return url.replace(/^http/, 'ws');
  return `${url.replace(/^ws/, 'http').replace(/\/$/, '')}/${way === 'sse' ? 'events' : 'poll'}`;
}
