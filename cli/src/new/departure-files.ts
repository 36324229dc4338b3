import { table, type Words } from './names.ts';

/** A service that knows whose things it keeps hands them over, and lets them go: from its first day. */
export const departureFiles = (service: string, words: Words): Record<string, string> => ({
  'src/departure/departure.service.ts': departure(service, words),
  'src/departure/departure.service.spec.ts': departureSpec(service, words),
});

const departure = (service: string, { noun, type }: Words) => `import { Db, type PersonalData, type Tx } from '@mela/chassis';
import type { PersonalRecord } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { as${type} } from '../${noun}/${noun}.ts';
import { ${type}Store } from '../${noun}/${noun}.store.ts';

const AT_ONCE = 500;

/** What is kept of a person here: they may have it, and it goes with their account. */
@Injectable()
export class DepartureService implements PersonalData {
  constructor(private readonly db: Db) {}

  /** Nobody else ever saw them, so there is nobody to tell. */
  async erase(personId: string, tx: Tx): Promise<void> {
    await tx.get(${type}Store).eraseOf(personId);
  }

  async *collect(personId: string): AsyncGenerator<PersonalRecord> {
    for (let behind: string | undefined; ; ) {
      const page = await this.db.get(${type}Store).ownedBy(personId, behind, AT_ONCE);
      for (const kept of page) yield { kind: '${service}', item: as${type}(kept) };
      if (page.length < AT_ONCE) return;
      behind = page.at(-1)!.id;
    }
  }
}
`;

const departureSpec = (service: string, { noun, type, some }: Words) => `import { openDatabase, type ServiceDatabase } from '@mela/testkit';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ${service}Tables } from '../migrations/0001-${service}.ts';
import { ${type}Service } from '../${noun}/${noun}.service.ts';
import { ${type}Row } from '../${noun}/${noun}.store.ts';
import { DepartureService } from './departure.service.ts';

let database: ServiceDatabase;
let ${service}: ${type}Service;
let departures: DepartureService;
beforeAll(async () => {
  database = await openDatabase('${service}', [${service}Tables], [${type}Row]);
  ${service} = new ${type}Service(database.db);
  departures = new DepartureService(database.db);
});
afterAll(() => database?.close());

const somebody = () => ({ personId: uuidv7(), sessionId: uuidv7(), role: 'member' as const });
const keptOf = ({ personId }: { personId: string }) => Array.fromAsync(departures.collect(personId));

describe('what is kept of a person', () => {
  it('is theirs to have, however much it is, and nothing of anybody else', async () => {
    const [asha, ravi] = [somebody(), somebody()];
    const created = await ${service}.create(asha, { name: 'The first' });
    await ${service}.create(ravi, { name: 'Another' });
    expect(await keptOf(asha)).toEqual([{ kind: '${service}', item: created }]);
    await database.db.query(\`INSERT INTO ${table(noun)} (id, owner_id, name) SELECT gen_random_uuid(), $1, 'More' FROM generate_series(1, 1200)\`, [asha.personId]);
    expect(await keptOf(asha)).toHaveLength(1_201);
  });

  it('goes with their account, and ${some} of somebody else stays', async () => {
    const [asha, ravi] = [somebody(), somebody()];
    for (const one of [asha, ravi]) await ${service}.create(one, { name: 'The first' });
    // Whoever hears it twice erases it once.
    for (let time = 0; time < 2; time++) await database.db.transaction((tx) => departures.erase(asha.personId, tx));
    expect([await keptOf(asha), await keptOf(ravi)]).toEqual([[], [expect.objectContaining({ kind: '${service}' })]]);
  });
});
`;
