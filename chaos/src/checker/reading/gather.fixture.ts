import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectBus, ensureStream, STREAM } from '@mela/bus';
import { migrate, provision, type Migration } from '@mela/chassis';
import { openPart } from '@mela/infra';
import { JetStreamApiError, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { Client } from 'pg';
import { eventually } from '../../../test/eventually.ts';

const isNoStream = (fault: unknown): boolean => fault instanceof JetStreamApiError && fault.code === 10_059;

export interface Ground {
  readonly nc: NatsConnection;
  readonly natsUrl: string;
  /** A service's schema under its role, and a session in it. */
  service(name: string, migrations: readonly Migration[]): Promise<{ url: string; client: Client }>;
  /** An empty stream whose first place is this. */
  newStream(firstSeq?: number): Promise<void>;
  close(): Promise<void>;
}

/** PostgreSQL and NATS of one spec's own. */
export async function openGround(): Promise<Ground> {
  const dataDir = await mkdtemp(join(tmpdir(), 'mela-checker-'));
  const options = { dataDir, env: {}, throwaway: true };
  const [postgres, nats] = await Promise.all([openPart('postgres', options), openPart('nats', options)]);
  const nc = await connectBus({ url: nats.url, name: 'checker-spec' });
  const clients: Client[] = [];
  return {
    nc,
    natsUrl: nats.url,
    service: async (name, migrations) => {
      const url = await provision(postgres.url, name, 'a password of this spec');
      const client = new Client({ connectionString: url });
      await client.connect();
      clients.push(client);
      await migrate(client, name, migrations);
      return { url, client };
    },
    newStream: async (firstSeq = 1) => {
      const jsm = await jetstreamManager(nc);
      // What the server refuses while it is still busy with that one is asked for again: no test begins on another's events.
      await eventually(() => jsm.streams.delete(STREAM).catch((fault: unknown) => isNoStream(fault) || String(fault)), (gone) => gone === true);
      await ensureStream(nc);
      if (firstSeq === 1) return;
      const { config } = await jsm.streams.info(STREAM);
      await jsm.streams.delete(STREAM);
      await jsm.streams.add({ ...config, first_seq: firstSeq });
    },
    close: async () => {
      await Promise.all(clients.map((client) => client.end()));
      await nc.close();
      await Promise.all([postgres.stop(), nats.stop()]);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
