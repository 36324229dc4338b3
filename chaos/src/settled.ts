import { setTimeout as pause } from 'node:timers/promises';
import { connectBus, STREAM } from '@mela/bus';
import { jetstreamManager } from '@nats-io/jetstream';
import type { OpenGround } from './ground/open-ground.ts';
import { inSession } from './session.ts';

const LOOK_MS = 250;
const CONNECT_WITHIN_MS = 10_000;

/** Waits until every event that was committed is sent and applied. Answers what is left when patience ends, if anything. */
export async function untilSettled(ground: OpenGround, patienceMs: number): Promise<string | undefined> {
  const until = performance.now() + patienceMs;
  for (;;) {
    const left = await whatIsLeft(ground).catch((fault: Error) => fault.message);
    if (left === undefined || performance.now() > until) return left;
    await pause(LOOK_MS);
  }
}

async function whatIsLeft({ databases, natsUrl }: OpenGround): Promise<string | undefined> {
  for (const [service, url] of Object.entries(databases)) {
    const { rows } = await inSession({ url, schema: service, connectWithinMs: CONNECT_WITHIN_MS }, (client) => client.query<{ waiting: number }>('SELECT count(*)::int AS waiting FROM outbox'));
    if (rows[0]!.waiting > 0) return `${rows[0]!.waiting} events of ${service} wait in its outbox`;
  }
  const nc = await connectBus({ url: natsUrl, name: 'chaos-settled' });
  try {
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    for await (const { name, config, num_pending, num_ack_pending } of jsm.consumers.list(STREAM))
      if (config.durable_name !== undefined && num_pending + num_ack_pending > 0) return `${name} has ${num_pending} events before it and ${num_ack_pending} in hand`;
  } finally {
    await nc.close();
  }
  return undefined;
}
