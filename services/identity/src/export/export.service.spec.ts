import { randomBytes } from 'node:crypto';
import { ExportNotReady, ExportUnknown, isRefusal, keepersOfPersonalData, mela, type Export } from '@mela/contracts';
import type { ServiceDatabase } from '@mela/testkit';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer, identityOn, openIdentityDatabase, somebodyIn } from '../../test/identity.fixture.ts';

let database: ServiceDatabase;
let { exports } = {} as Awaited<ReturnType<typeof identityOn>>;
beforeAll(async () => {
  database = await openIdentityDatabase();
  ({ exports } = await identityOn(database.db));
});
afterAll(() => database?.close());

const somebody = async () => ({ personId: await somebodyIn(database.db)(), role: 'member' as const, sessionId: uuidv7() });
type Somebody = Awaited<ReturnType<typeof somebody>>;
const asked = async (who: Somebody): Promise<Export> => answer(await exports.request(who));
/** Whoever is asked besides identity: one service more changes nothing here. */
const others = keepersOfPersonalData(mela).filter((service) => service !== 'identity');
const statesOf = ({ services }: Export) => Object.fromEntries(services.map(({ service, state }) => [service, state]));
const all = (state: string) => Object.fromEntries(others.map((service) => [service, state]));

async function says(exportId: string, service: string, pages: readonly (readonly object[])[]): Promise<unknown[]> {
  const outcomes: unknown[] = [];
  for (const [page, items] of pages.entries())
    outcomes.push(await exports.deliver({ exportId, service, page, isLast: page === pages.length - 1, records: items.map((item) => ({ kind: 'things', item: { ...item } })) }));
  return outcomes;
}
const othersSay = async (exportId: string) => {
  for (const service of others) await says(exportId, service, [[]]);
};
const said = async (exportId: string) => (await database.events()).filter(({ data }) => data['exportId'] === exportId).map(({ type, data }) => [type, data['missing']]);

describe('an export', () => {
  it('is asked for once, by fifty requests at once', async () => {
    const asha = await somebody();
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => exports.request(asha)));
    expect(outcomes.filter(isRefusal)).toHaveLength(49);
    expect(outcomes.filter(isRefusal).every(({ code }) => code === 'identity.export_too_soon')).toBe(true);
  });

  it('is ready when everybody has answered, whoever is last, and is said so once', async () => {
    const asha = await somebody();
    const { id } = await asked(asha);
    expect(await exports.download(asha, { exportId: id })).toEqual(ExportNotReady());
    await says(id, 'identity', [[{ n: 1 }], [{ n: 2 }]]);
    expect(statesOf(answer(await exports.find(asha, { exportId: id })))).toEqual({ ...all('waiting'), identity: 'answered' });
    await othersSay(id);
    expect(answer(await exports.find(asha, { exportId: id }))).toMatchObject({ state: 'ready', archive: { bytes: expect.any(Number) } });
    expect(await said(id)).toEqual([['export.requested', undefined], ['export.ready', []]]);
    expect(await says(id, others[0]!, [[]])).toEqual([ExportUnknown()]);
  });

  it('is begun anew by a service that died over it, and has nothing twice', async () => {
    const asha = await somebody();
    const { id } = await asked(asha);
    const send = (page: number, isLast: boolean) => exports.deliver({ exportId: id, service: 'communities', page, isLast, records: [{ kind: 'things', item: { page } }] });
    for (const page of [0, 1, 2]) await send(page, false);
    await send(0, false);
    await send(1, true);
    const rows = await database.db.query('SELECT page FROM export_page WHERE export_id = $1 ORDER BY page', [id]);
    expect(rows).toEqual([{ page: 0 }, { page: 1 }]);
  });

  it('does not wait for a service that is away: what that did not say is told missing', async () => {
    const asha = await somebody();
    const { id } = await asked(asha);
    await says(id, 'identity', [[{ n: 1 }]]);
    await exports.tidy();
    expect(answer(await exports.find(asha, { exportId: id })).state).toBe('collecting');
    await database.db.query(`UPDATE export SET asked_at = now() - interval '61 minutes' WHERE id = $1`, [id]);
    await Promise.all(Array.from({ length: 8 }, () => exports.tidy()));
    expect(statesOf(answer(await exports.find(asha, { exportId: id })))).toEqual({ ...all('missing'), identity: 'answered' });
    expect((await said(id)).slice(1)).toEqual([['export.ready', others]]);
  });

  it('is its owner’s alone, and not for whoever looks through their eyes', async () => {
    const [asha, ravi] = [await somebody(), await somebody()];
    const { id } = await asked(asha);
    await says(id, 'identity', [[]]);
    await othersSay(id);
    expect(await exports.find(ravi, { exportId: id })).toEqual(ExportUnknown());
    expect(await exports.download(ravi, { exportId: id })).toEqual(ExportUnknown());
  });

  it('comes in pieces that are a zip together, and is gone a week later', async () => {
    const asha = await somebody();
    const { id } = await asked(asha);
    const noise = randomBytes(600_000).toString('base64');
    await says(id, 'identity', [[{ noise: noise.slice(0, 400_000) }], [{ noise: noise.slice(400_000) }]]);
    await othersSay(id);
    const { archive } = answer(await exports.find(asha, { exportId: id }));
    const file = answer(await exports.download(asha, { exportId: id }));
    expect([file.name, file.bytes]).toEqual([expect.stringMatching(/^mela-export-[\d-]{10}\.zip$/), archive!.bytes]);
    const pieces: Uint8Array[] = [];
    for (let from = 0; from < file.bytes; from += pieces.at(-1)!.length) pieces.push(answer(await file.read(from)));
    const zip = Buffer.concat(pieces);
    expect([pieces.length, zip.length, zip.subarray(0, 2).toString()]).toEqual([2, file.bytes, 'PK']);
    // From wherever it is asked for, it is the same file.
    expect(Buffer.from(answer(await file.read(600_000))).equals(zip.subarray(600_000))).toBe(true);
    expect(await file.read(file.bytes + 1_000_000)).toEqual(ExportUnknown());
    await database.db.query(`UPDATE export SET ready_at = now() - interval '8 days' WHERE id = $1`, [id]);
    await exports.tidy();
    expect(await exports.find(asha, { exportId: id })).toEqual(ExportUnknown());
    expect(await file.read(0)).toEqual(ExportUnknown());
    expect(await database.db.query('SELECT 1 FROM export_chunk WHERE export_id = $1', [id])).toEqual([]);
  });
});
