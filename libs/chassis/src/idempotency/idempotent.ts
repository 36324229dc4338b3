import { createHash, createHmac } from 'node:crypto';
import { header, reach, type Exchange, type Wrapper } from '@mela/bus';
import { AnswerWithheld, isForNow, isRefusal, KeyInUse, KeyMalformed, KeyReused } from '@mela/contracts';
import type { Db } from '../database/db.ts';
import { isFleeting, type Tx } from '../database/transaction.ts';

interface Recorded {
  fingerprint: string;
  answer: unknown;
  refused: boolean;
}

const keyGrammar = /^[\x21-\x7e]{1,200}$/;

/**
 * A command with an `Idempotency-Key` takes effect once. Its record commits with its effects, so it holds even when
 * the process dies between the commit and the answer. A refusal undoes the effects alone and is then recorded too.
 */
export const idempotent =
  (db: Db): Wrapper =>
  (next) =>
  async (exchange) => {
    const key = exchange.operation.keyed ? exchange.headers(header.idempotencyKey) : undefined;
    if (key === undefined) return next(exchange);
    if (!keyGrammar.test(key)) return KeyMalformed();
    // Boxed, because a transaction that answers a refusal rolls back, and this one is to keep its record.
    const { outcome } = await db.transaction(async (tx) => ({ outcome: await once(tx, db, key, exchange, () => next(exchange)) }));
    reach('command.committed');
    return outcome;
  };

async function once(tx: Tx, db: Db, key: string, exchange: Exchange, perform: () => Promise<unknown>): Promise<unknown> {
  const { operation } = exchange;
  const fingerprint = createHmac('sha256', key).update(JSON.stringify(exchange.input)).digest('base64url');
  const scope = scopeOf(exchange, key, fingerprint);
  const [lock] = await tx.query<{ free: boolean }>('SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS free', [JSON.stringify(scope)]);
  if (!lock!.free) return KeyInUse();

  const [recorded] = await tx.query<Recorded>(
    `SELECT fingerprint, answer, refused FROM idempotency
     WHERE caller = $1 AND operation = $2 AND key = $3 AND created_at > now() - interval '24 hours'`, scope);
  if (recorded) {
    if (recorded.fingerprint !== fingerprint) return KeyReused();
    if (operation.secret && !recorded.refused) return AnswerWithheld();
    exchange.replyHeaders.set(header.replayed, 'true');
    return recorded.answer;
  }

  const outcome = await db.transaction(perform);
  if (isRefusal(outcome) && (isForNow(outcome) || isFleeting(outcome))) return outcome;
  const refused = isRefusal(outcome);
  const kept = operation.secret && !refused ? null : JSON.stringify(outcome);
  await tx.query(
    `INSERT INTO idempotency (caller, operation, key, fingerprint, answer, refused) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (caller, operation, key) DO UPDATE SET
       fingerprint = excluded.fingerprint, answer = excluded.answer, refused = excluded.refused, created_at = now()`,
    [...scope, fingerprint, kept, refused],
  );
  return outcome;
}

/**
 * Only the key's hash is kept: with the key itself, which keys the fingerprint, whoever read this table could guess at
 * the passwords among the inputs. People who are not signed in share a name, so what they ask tells them apart.
 */
const scopeOf = ({ caller, operation }: Exchange, key: string, fingerprint: string): [caller: string, operation: string, key: string] => [
  caller?.personId ?? `anonymous:${fingerprint}`,
  operation.id,
  createHash('sha256').update(key).digest('base64url'),
];
