import { nothing, type Fault } from '../fault.ts';
import { allConnections, endSessions, session, untilItAnswers } from './postgres-sessions.ts';
import { BOOT_MS, killed, outOfReach, ownProcess } from './servers.ts';

/**
 * SIGSTOP of the postmaster is not among them: it only takes new connections, and every session there is has a process
 * of its own that goes on working. What stops them all at once is to end them.
 */
const onPostgres = { family: 'postgres', impossible: (ground) => outOfReach(ground, 'postgres') } as const satisfies Partial<Fault>;

/** Every backend ends at once, nothing is written down. It is started again by itself, as whoever keeps it would. */
const quits: Fault = {
  ...onPostgres,
  name: 'postgres quits',
  weight: 1,
  longestMs: BOOT_MS,
  strike: async ({ parts: { postgres } }) => {
    const { pid } = ownProcess(postgres);
    process.kill(pid, 'SIGQUIT');
    return { what: 'SIGQUIT to the postmaster', holdMs: 0, heal: () => untilItAnswers(postgres, pid, BOOT_MS) };
  },
};

const sessionsEnd: Fault = {
  ...onPostgres,
  name: 'postgres sessions end',
  weight: 2,
  longestMs: 6_000,
  strike: async ({ parts: { postgres } }) => {
    const admin = await session(postgres.url);
    try {
      return { what: `${await endSessions(admin)} sessions were terminated`, holdMs: 0, heal: nothing };
    } finally {
      await admin.end();
    }
  },
};

/** Nobody gets a new connection. Those who keep theirs would not notice, so at times they lose them first. */
const exhausted: Fault = {
  ...onPostgres,
  name: 'postgres exhausted',
  weight: 2,
  longestMs: 15_000,
  strike: async ({ parts: { postgres } }, random) => {
    const taken = await allConnections(postgres.url);
    const give = async () => void (await Promise.all(taken.map((client) => client.end())));
    try {
      const ended = random.chance(0.5) ? await endSessions(taken[0]!) : 0;
      if (ended > 0) taken.push(...(await allConnections(postgres.url)));
      const after = ended === 0 ? '' : `, ${ended} of them Mela's a moment ago`;
      return { what: `${taken.length} connections were taken, the last there were${after}`, holdMs: 5_000, heal: give };
    } catch (fault) {
      await give();
      throw fault;
    }
  },
};

/** As a forgotten migration would: nobody can write or read one outbox. */
const locked: Fault = {
  ...onPostgres,
  name: 'postgres idle in transaction',
  weight: 1,
  longestMs: 20_000,
  strike: async ({ parts: { postgres } }, random) => {
    const admin = await session(postgres.url);
    try {
      const { rows } = await admin.query<{ place: string }>(`SELECT quote_ident(schemaname) || '.outbox' AS place FROM pg_tables WHERE tablename = 'outbox' ORDER BY 1`);
      if (rows.length === 0) throw new Error('There is no outbox');
      const { place } = random.pick(rows);
      await admin.query(`SET lock_timeout = '5s'`);
      await admin.query('BEGIN');
      await admin.query(`LOCK TABLE ${place} IN ACCESS EXCLUSIVE MODE`);
      return { what: `an idle transaction locks ${place}`, holdMs: random.int(1_000, 8_000), heal: () => admin.end() };
    } catch (fault) {
      await admin.end();
      throw fault;
    }
  },
};

export const postgresFaults: readonly Fault[] = [killed('postgres', 'killed', 3, [1_000, 10_000]), quits, sessionsEnd, exhausted, locked];
