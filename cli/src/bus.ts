import { connectBus, ensureStream } from '@mela/bus';
import { natsPasswordSetting, ProcessSettings, type Environment } from '@mela/chassis';
import type { NatsConnection } from '@nats-io/transport-node';
import { OPERATOR } from './bus-users.ts';
import { Fault } from './fault.ts';

/** A connection to the message bus for the time of the work, as the operator or as whoever NATS_URL names. */
export async function onBus<R>(environment: Environment, work: (nc: NatsConnection) => Promise<R>): Promise<R> {
  const url = environment['NATS_URL'];
  if (url === undefined)
    throw new Fault('settings.invalid', 'NATS_URL is missing: where the message bus is.', { hint: 'Start `mela up` first (or name its folder with --data), or set NATS_URL.' });
  const caFile = environment['NATS_CA_FILE'];
  const passwordSetting = natsPasswordSetting(OPERATOR);
  const credentials = { name: OPERATOR, password: environment[passwordSetting], passwordSetting };
  const nc = await connectBus({ url, ...credentials, tls: caFile === undefined ? undefined : { caFile } }).catch((fault: Error) => {
    throw new Fault('unreachable', fault.message, { hint: 'Is Mela running? `mela up` starts it, `mela doctor` shows what is there.' });
  });
  try {
    return await work(nc);
  } finally {
    await nc.close();
  }
}

/** Makes the stream where there is none, and answers whether it had to. One that is otherwise than Mela needs it is a fault. */
export const prepareStream = (environment: Environment): Promise<boolean> =>
  onBus(environment, (nc) => ensureStream(nc, { replicas: ProcessSettings.shape.NATS_REPLICAS.parse(environment['NATS_REPLICAS']) }));
