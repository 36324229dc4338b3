import { cursorSecret, ProcessSettings, trustedProxies, whole } from '@mela/chassis';
import { z } from 'zod';

/** Ways to a client, the best first. */
export const transports = ['websocket', 'sse', 'poll'] as const;
export type Transport = (typeof transports)[number];

export const RealtimeSettings = z.object({
  MELA_ENV: ProcessSettings.shape.MELA_ENV,
  REALTIME_HOST: z.string().default('127.0.0.1').describe('Where WebSockets are accepted; 0.0.0.0 in a container'),
  REALTIME_PORT: whole(0, 65_535).default(8081).describe('Port of the realtime gateway; 0 takes a free one'),
  REALTIME_ORIGINS: z
    .string()
    .default('')
    .transform((text) => text.split(',').map((origin) => origin.trim()).filter(Boolean))
    .describe('Web pages that may connect, as https://app.example,https://…; empty admits none, in development those of this machine'),
  REALTIME_TRANSPORTS: z
    .string()
    .default(transports.join(','))
    .transform((text) => text.split(',').map((name) => name.trim()))
    .pipe(z.array(z.enum(transports)).min(1))
    .describe('Ways to connect that are on: websocket, sse, poll'),
  CURSOR_SECRET: cursorSecret,
  REALTIME_AUTH_MS: whole(50, 120_000).default(10_000).describe('Milliseconds within which a connection shows its access token'),
  REALTIME_PING_MS: whole(50, 120_000).default(25_000).describe('Milliseconds between two pings'),
  REALTIME_PONG_MS: whole(50, 120_000).default(10_000).describe('Milliseconds within which a ping is answered; the next ping is the latest'),
  REALTIME_NOTICE_MS: whole(50, 600_000).default(60_000).describe('Milliseconds before its access token ends at which a client is told so'),
  REALTIME_RECENT_EVENTS: whole(100, 10_000_000).default(100_000).describe('Events that are kept to be told to whoever comes back after a break'),
  REALTIME_RECENT_MINUTES: whole(1, 1_440).default(60).describe('Minutes for which they are kept'),
  REALTIME_RECENT_BYTES: whole(65_536, 17_179_869_184).default(134_217_728).describe('Bytes that they may take, about; the oldest go first'),
  REALTIME_MAX_FRAME: whole(1_024, 262_144).default(16_384).describe('Bytes of the largest frame a client may send'),
  REALTIME_FRAMES_PER_SECOND: whole(1, 100_000).default(100).describe('Frames a second that one connection may send; twice as many at once'),
  REALTIME_MAX_TOPICS: whole(1, 10_000).default(200).describe('Subscriptions that one connection may have'),
  REALTIME_QUESTIONS_PER_SECOND: whole(1, 1_000_000).default(200).describe('Topics a second that one person may ask for, on all their connections together; five times as many at once'),
  REALTIME_CONNECTIONS_PER_PERSON: whole(1, 1_000_000).default(50).describe('Connections that one person may have at a gateway; a new one beyond that is refused'),
  REALTIME_CONNECTIONS_PER_SECOND: whole(1, 1_000_000).default(500).describe('New connections a second from one network address; twice as many at once'),
  TRUST_PROXY: trustedProxies,
  REALTIME_MAX_BUFFERED: whole(65_536, 67_108_864).default(1_048_576).describe('Bytes that may wait for a slow reader before its connection ends'),
});
export type RealtimeSettings = z.output<typeof RealtimeSettings>;
