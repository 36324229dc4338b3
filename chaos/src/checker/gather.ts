import { connectBus, durableName } from '@mela/bus';
import type { Entry, Evidence, Workload } from '@mela/testkit/chaos';
import { mapped, readService, readTally } from './reading/read-service.ts';
import { readDurables, readStream } from './reading/read-stream.ts';

interface Sources {
  /** Each service's own database. */
  readonly databases: Readonly<Record<string, string>>;
  readonly natsUrl: string;
  readonly workloads: readonly Workload[];
  readonly history: readonly Entry[];
  /** The witness's database; the one of that name unless told. */
  readonly witness?: string | undefined;
}

const WITNESS = 'witness';

/** All that is judged by, read when nothing moves any more. */
export async function gather({ databases, natsUrl, workloads, history, witness = databases[WITNESS] }: Sources): Promise<Evidence> {
  if (witness === undefined) throw new Error('Without the witness nobody knows how often an event took effect: its database is not named');
  const unknown = workloads.filter(({ service }) => databases[service] === undefined).map(({ service }) => service);
  if (unknown.length > 0) throw new Error(`The workload of ${unknown.join(', ')} cannot be judged: no database is named for it`);

  const { stream, durables } = await fromTheBus(natsUrl);
  const replicas = Object.assign({}, ...workloads.map((workload) => workload.replicas)) as NonNullable<Workload['replicas']>;
  const keptBy = (service: string) => Object.fromEntries(Object.entries(replicas).filter(([name]) => durables.has(durableName(`${service}.${name}`))));
  const services: Record<string, Evidence['services'][string]> = {};
  for (const [service, url] of Object.entries({ ...databases, [WITNESS]: witness }))
    services[service] = await readService(service, url, workloads.find((workload) => workload.service === service), mapped(keptBy(service), ({ kept }) => kept));
  return { history, stream, services, tally: await readTally(witness) };
}

async function fromTheBus(url: string): Promise<{ stream: Evidence['stream']; durables: ReadonlySet<string> }> {
  const nc = await connectBus({ url, name: 'chaos-checker' });
  try {
    return { stream: await readStream(nc), durables: await readDurables(nc) };
  } finally {
    await nc.close();
  }
}
