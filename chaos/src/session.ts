import { Client } from 'pg';

interface Place {
  readonly url: string;
  readonly schema: string;
  readonly connectWithinMs: number;
}

/** One short look into a schema. It does not wait for ever, and a session that is cut off fails what it was asked, and nothing else. */
export async function inSession<R>({ url, schema, connectWithinMs }: Place, look: (client: Client) => Promise<R>): Promise<R> {
  const client = new Client({ connectionString: url, application_name: 'mela-chaos', options: `-c search_path=${schema}`, connectionTimeoutMillis: connectWithinMs });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await look(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
