export type { Cursor } from './cursor.ts';
export type { Frame, Presence, RealtimeEvent } from './frames.ts';
export type { SocketConstructor, SocketLike } from './links/web-socket-link.ts';
export { MelaRealtime } from './mela-realtime.ts';
export type { Options, Overheard, State, Timing } from './options.ts';
export type { Listener } from './topic.ts';
export type { Way } from './ways.ts';
