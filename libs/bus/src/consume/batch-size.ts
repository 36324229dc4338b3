const LEAST = 100;
const MOST = 1_000;
const QUICK_MS = 100;

/** Enough that the next batch is here when one is done, and half of it can be on its way. */
export const AT_HAND = 2 * MOST;

/** What several processes may have at hand of one durable. */
export const UNANSWERED_AT_MOST = 5 * AT_HAND;

/**
 * How much is applied at once. It doubles while batches are quick, so that a backlog is worked off in few transactions, and
 * is halved when one was not, so that none stays long: back at the least, a machine that is merely busy would make many
 * small transactions, which keep it busier.
 */
export class BatchSize {
  now = LEAST;

  took(ms: number): void {
    this.now = ms < QUICK_MS ? Math.min(this.now * 2, MOST) : Math.max(Math.floor(this.now / 2), LEAST);
  }
}
