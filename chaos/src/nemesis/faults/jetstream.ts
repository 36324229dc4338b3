import { STREAM } from '@mela/bus';
import { natsAccess, type OpenPart } from '@mela/infra';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';

/** Past the lines, which may be in trouble of their own. */
export async function onJetStream<R>({ url }: OpenPart, work: (jsm: JetStreamManager) => Promise<R>): Promise<R> {
  const connection = await connect({ ...natsAccess(url), timeout: 5_000, reconnect: false, name: 'mela-chaos' });
  try {
    return await work(await jetstreamManager(connection, { checkAPI: false }));
  } finally {
    await connection.close();
  }
}

/** Their names, in an order of their own. */
export async function durablesOn(jsm: JetStreamManager): Promise<string[]> {
  const durables: string[] = [];
  for await (const { config } of jsm.consumers.list(STREAM)) if (config.durable_name !== undefined) durables.push(config.durable_name);
  return durables.sort();
}
