import { setTimeout as pause } from 'node:timers/promises';
import type { OpenPart } from '@mela/infra';
import pg from 'pg';

const AT_ONCE = 20;
const TOO_MANY_CONNECTIONS = '53300';

export async function session(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, query_timeout: 10_000, application_name: 'mela-chaos' });
  // It may be ended by what else is done to the server.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (fault) {
    client.connection.stream.destroy();
    throw fault;
  }
}

/** Every session of every service, which have roles of their own. Answers how many there were. */
export async function endSessions(admin: pg.Client): Promise<number> {
  // Materialized, or the planner may terminate first and look at the name afterwards.
  const { rows } = await admin.query<{ ended: number }>(
    `WITH services AS MATERIALIZED (SELECT pid FROM pg_stat_activity WHERE starts_with(usename, 'mela_'))
     SELECT count(*) FILTER (WHERE pg_terminate_backend(pid))::int AS ended FROM services`,
  );
  return rows[0]!.ended;
}

/** Takes connections until there are none, those kept for the administrator included. */
export async function allConnections(url: string): Promise<pg.Client[]> {
  const taken: pg.Client[] = [];
  for (;;) {
    const outcomes = await Promise.allSettled(Array.from({ length: AT_ONCE }, () => session(url)));
    taken.push(...outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : [])));
    const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as { code?: string }] : []));
    const fault = refusals.find(({ code }) => code !== TOO_MANY_CONNECTIONS);
    if (fault !== undefined) {
      await Promise.all(taken.map((client) => client.end()));
      throw fault;
    }
    if (refusals.length > 0) return taken;
  }
}

/** Another process than before answers. */
export async function untilItAnswers(postgres: OpenPart, before: number, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = postgres.pid === before ? undefined : await session(postgres.url).catch(() => undefined);
    if (answer !== undefined) return answer.end();
    if (performance.now() > deadline) throw new Error(`PostgreSQL is not back within ${withinMs} ms`);
    await pause(50);
  }
}
