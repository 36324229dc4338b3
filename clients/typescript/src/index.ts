export type { Cursor } from './cursor.ts';
export type { Frame, Presence, RealtimeEvent } from './frames.ts';
export type { SocketConstructor, SocketLike } from './links/web-socket-link.ts';
export { MelaRealtime, type Options, type Overheard, type State, type Timing } from './mela-realtime.ts';
export type { Listener } from './topic.ts';
export type { Way } from './ways.ts';
