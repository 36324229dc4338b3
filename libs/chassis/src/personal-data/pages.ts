import type { PersonalRecord } from '@mela/contracts';

export interface PersonalPage {
  readonly page: number;
  readonly isLast: boolean;
  readonly records: PersonalRecord[];
}

/** A request over the bus has a megabyte at the most. */
const MOST_BYTES = 400_000;
const MOST_RECORDS = 1_000;

/** As many records together as one request takes. There is always a last page: nothing, too, is an answer. */
export async function* pagesOf(records: AsyncIterable<PersonalRecord>, { bytes: mostBytes = MOST_BYTES, records: mostRecords = MOST_RECORDS } = {}): AsyncGenerator<PersonalPage> {
  let page = 0;
  let held: PersonalRecord[] = [];
  let bytes = 0;
  for await (const record of records) {
    const size = Buffer.byteLength(JSON.stringify(record));
    if (held.length > 0 && (bytes + size > mostBytes || held.length === mostRecords)) {
      yield { page: page++, isLast: false, records: held };
      [held, bytes] = [[], 0];
    }
    held.push(record);
    bytes += size;
  }
  yield { page, isLast: true, records: held };
}
