import { TimedOut, Unavailable, type Refusal } from '@mela/contracts';

export class DeadlinePassed extends Error {}

/** In the middle of a transaction, which is thereby undone; or the answer to its COMMIT was lost, and it may not be. */
export class ConnectionLost extends Error {}

/** Connection lost or refused, server stopping or starting, too many connections, a login that is not taken. */
const AWAY = /^(08\w{3}|57P0[1-5]|53[23]00|28\w{3}|3D000|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOENT)$/;
const AWAY_WORDS = /timeout exceeded when trying to connect|Connection terminated|Connection ended|not queryable|DataSource is not/i;
const CANCELLED = '57014';

/** An outage is answered in bounded time and said to be one: 503 or 504, never 500. */
export function databaseOutage(error: unknown): Refusal | undefined {
  if (error instanceof DeadlinePassed) return TimedOut();
  if (error instanceof ConnectionLost) return Unavailable('The connection to the database broke');
  const cause = (error as { driverError?: unknown }).driverError ?? error;
  const code = String((cause as { code?: unknown }).code ?? '');
  if (code === CANCELLED) return TimedOut();
  if (AWAY.test(code) || AWAY_WORDS.test(String((cause as Error).message))) return Unavailable('The database cannot be reached');
  return undefined;
}
