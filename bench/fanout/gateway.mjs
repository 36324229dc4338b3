/** Ours: the realtime gateway as it is shipped. */
import { realtimeGatewayOf } from '@mela/gateway-realtime';
import { runTargets } from '@mela/chassis';
import { answers, facts } from '../contestant.mjs';
import { itself } from './itself.mjs';
import { towns } from './sightings.mjs';

const { urls } = facts();
const running = await runTargets([realtimeGatewayOf(towns)], {
  NATS_URL: urls.nats, LOG_LEVEL: 'silent', REALTIME_PORT: '0', CURSOR_SECRET: 'a secret that is long enough for a benchmark',
  // The whole crowd comes from one address, and at once.
  REALTIME_CONNECTIONS_PER_SECOND: '1000000', REALTIME_QUESTIONS_PER_SECOND: '1000000',
});

await answers({ ...itself, url: () => running.addresses.realtime });
