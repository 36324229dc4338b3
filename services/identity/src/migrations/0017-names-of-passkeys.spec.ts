import { openDatabase, type ServiceDatabase } from '@mela/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { somebodyIn } from '../../test/identity.fixture.ts';
import { entities, migrations } from '../tables.ts';
import { namesOfPasskeys } from './0017-names-of-passkeys.ts';

let database: ServiceDatabase;
beforeAll(async () => {
  database = await openDatabase('identity', migrations.filter(({ name }) => name < namesOfPasskeys.name), entities);
});
afterAll(() => database?.close());

it('how somebody who is gone called their passkeys is forgotten; whoever is there reads it until they go', async () => {
  const [gone, asha] = [crypto.randomUUID(), await somebodyIn(database.db)()];
  for (const who of [gone, asha])
    await database.db.query(`INSERT INTO audit (id, what, who, about, details) VALUES (gen_random_uuid(), 'passkey_added', $1, $1, '{"passkeyId":"1","name":"Of their own"}')`, [who]);
  for (const statement of namesOfPasskeys.statements) await database.db.query(statement);
  const detailsOf = async (who: string) => (await database.db.query<{ details: object }>('SELECT details FROM audit WHERE who = $1', [who])).map(({ details }) => details);
  expect(await detailsOf(gone)).toEqual([{ passkeyId: '1' }]);
  expect(await detailsOf(asha)).toEqual([{ passkeyId: '1', name: 'Of their own' }]);
});
