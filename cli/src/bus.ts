import { connectBus } from '@mela/bus';
import type { Environment } from '@mela/chassis';
import type { NatsConnection } from '@nats-io/transport-node';
import { Fault } from './fault.ts';

/** A connection to the message bus for the time of the work. */
export async function onBus<R>(environment: Environment, work: (nc: NatsConnection) => Promise<R>): Promise<R> {
  const url = environment['NATS_URL'];
  if (url === undefined)
    throw new Fault('settings.invalid', 'NATS_URL is missing: where the message bus is.', { hint: 'Start `mela up` first (or name its folder with --data), or set NATS_URL.' });
  const caFile = environment['NATS_CA_FILE'];
  const nc = await connectBus({ url, name: 'cli', tls: caFile === undefined ? undefined : { caFile } }).catch((fault: Error) => {
    throw new Fault('unreachable', fault.message, { hint: 'Is Mela running? `mela up` starts it, `mela doctor` shows what is there.' });
  });
  try {
    return await work(nc);
  } finally {
    await nc.close();
  }
}
