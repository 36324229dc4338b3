import { TimedOut, Unavailable, type Refusal } from '@mela/contracts';

export class DeadlinePassed extends Error {}

/** In the middle of a transaction, which is thereby undone; or the answer to its COMMIT was lost, and it may not be. */
export class ConnectionLost extends Error {}

/** Connection lost or refused, server stopping or starting, too many connections, a login that is not taken. */
const AWAY = /^(08\w{3}|57P0[1-5]|53[23]00|28\w{3}|3D000|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOENT)$/;
const AWAY_WORDS = /timeout exceeded when trying to connect|Connection terminated|Connection ended|not queryable|DataSource is not/i;
const CANCELLED = '57014';

/** What PostgreSQL calls it, or the system: whether TypeORM has put it into words of its own or not. */
export const stateOf = (fault: unknown): string => String((causeOf(fault) as { code?: unknown }).code ?? '');

const causeOf = (fault: unknown): unknown => (fault as { driverError?: unknown }).driverError ?? fault;

/** An outage is answered in bounded time and said to be one: 503 or 504, never 500. */
export function databaseOutage(error: unknown): Refusal | undefined {
  if (error instanceof DeadlinePassed) return TimedOut();
  if (error instanceof ConnectionLost) return Unavailable('The connection to the database broke');
  const code = stateOf(error);
  if (code === CANCELLED) return TimedOut();
  if (AWAY.test(code) || AWAY_WORDS.test(String((causeOf(error) as Error).message))) return Unavailable('The database cannot be reached');
  return undefined;
}
