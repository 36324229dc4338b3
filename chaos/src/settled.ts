import { setTimeout as pause } from 'node:timers/promises';
import { connectBus, STREAM } from '@mela/bus';
import type { Workload } from '@mela/testkit/chaos';
import { jetstreamManager } from '@nats-io/jetstream';
import type { OpenGround } from './ground/open-ground.ts';
import { inSession } from './session.ts';

const LOOK_MS = 250;
const CONNECT_WITHIN_MS = 10_000;

/** Waits until every event that was committed is sent and applied, and every service has done what it still had to do. Answers what is left when patience ends, if anything. */
export async function untilSettled(ground: OpenGround, workloads: readonly Workload[], patienceMs: number): Promise<string | undefined> {
  const until = performance.now() + patienceMs;
  for (;;) {
    const left = await whatIsLeft(ground, workloads).catch((fault: Error) => fault.message);
    if (left === undefined || performance.now() > until) return left;
    await pause(LOOK_MS);
  }
}

async function whatIsLeft({ databases, natsUrl }: OpenGround, workloads: readonly Workload[]): Promise<string | undefined> {
  const waitingIn = async (service: string, sql: string): Promise<number> => {
    const { rows } = await inSession({ url: databases[service]!, schema: service, connectWithinMs: CONNECT_WITHIN_MS }, (client) => client.query<{ waiting: number }>(sql));
    return rows[0]!.waiting;
  };
  for (const service of Object.keys(databases)) {
    const waiting = await waitingIn(service, 'SELECT count(*)::int AS waiting FROM outbox');
    if (waiting > 0) return `${waiting} events of ${service} wait in its outbox`;
  }
  const nc = await connectBus({ url: natsUrl, name: 'chaos-settled' });
  try {
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    for await (const { name, config, num_pending, num_ack_pending } of jsm.consumers.list(STREAM))
      if (config.durable_name !== undefined && num_pending + num_ack_pending > 0) return `${name} has ${num_pending} events before it and ${num_ack_pending} in hand`;
  } finally {
    await nc.close();
  }
  for (const { service, waits } of workloads) {
    const waiting = waits === undefined ? 0 : await waitingIn(service, waits);
    if (waiting > 0) return `${service} still has ${waiting} things to do`;
  }
  return undefined;
}
