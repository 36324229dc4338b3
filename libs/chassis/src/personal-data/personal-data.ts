import type { PersonalRecord } from '@mela/contracts';
import type { Tx } from '../database/transaction.ts';

/** What a service does with what it keeps of a person: named in its manifest, and asked when a person is gone, or wants to have it. */
export interface PersonalData {
  /** In the transaction that remembers the event, and again should the event come again. The id may stay: it is nobody's any more. */
  erase(personId: string, tx: Tx): Promise<void>;
  /** All of it, in words that its person understands; what is many is read page by page. */
  collect(personId: string): AsyncIterable<PersonalRecord>;
}
