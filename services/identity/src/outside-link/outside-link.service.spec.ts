import { isRefusal, LastWayIn, LinkedElsewhere, OutsideLinkUnknown, OutsideTokenRefused, ProofRefused, WrongPassword } from '@mela/contracts';
import type { ServiceDatabase } from '@mela/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer, heldWhenLookedAt, identityOn, openIdentityDatabase } from '../../test/identity.fixture.ts';
import { openProvider } from '../../test/outside.fixture.ts';

let database: ServiceDatabase;
let sandbox: Awaited<ReturnType<typeof openProvider>>;
let identity: Awaited<ReturnType<typeof identityOn>>;
beforeAll(async () => {
  [database, sandbox] = await Promise.all([openIdentityDatabase(), openProvider()]);
  identity = await identityOn(database.db, { IDENTITY_OIDC: sandbox.IDENTITY_OIDC });
});
afterAll(() => Promise.all([database?.close(), sandbox?.stop()]));

const provider = 'sandbox';
const password = 'seven lamps beside a slow river';
const callerOf = (personId: string) => ({ personId, sessionId: crypto.randomUUID(), role: 'member' as const });
const tokenOf = async (sub: string) => ({ idToken: await sandbox.server.tokens.make({ claims: { sub, email: `${sub}@outside.example`, email_verified: true } }) });
const somebody = async () => callerOf(answer(await identity.people.register({ email: `${crypto.randomUUID()}@example.org`, password, name: 'Somebody' })).person.id);
/** Somebody whom a provider brought, and who has nothing else. */
const newcomer = async (sub: string) => callerOf(answer(await identity.outside.signIn({ provider, ...(await tokenOf(sub)) })).person.id);
/** The same, without the time that it takes to sign in. */
const newcomerWithin = async (sub: string) => {
  const [row] = await database.db.query<{ id: string }>(
    `WITH person AS (INSERT INTO person (id, email, name) VALUES (gen_random_uuid(), $1, 'Somebody') RETURNING id)
     INSERT INTO outside_identity (id, person_id, provider, issuer, subject) SELECT gen_random_uuid(), id, $2, $3, $4 FROM person RETURNING person_id AS id`,
    [`${sub}@outside.example`, provider, sandbox.IDENTITY_OIDC[0]!.issuer, sub],
  );
  return callerOf(row!.id);
};
const wordOf = async (sub: string) => ({ word: { provider, proof: await tokenOf(sub) } });

type Shown = Awaited<ReturnType<typeof wordOf>> | { password?: string };
const link = async (caller: ReturnType<typeof callerOf>, sub: string, shown: Shown = { password }) => identity.links.link(caller, { provider, proof: await tokenOf(sub), ...shown });
const linksOf = async (caller: ReturnType<typeof callerOf>) => answer(await identity.links.list(caller));

describe('linking', () => {
  it('lets a provider vouch for somebody, whatever the address is there, and says so once', async () => {
    const asha = await somebody();
    const linked = answer(await link(asha, 'asha'));
    expect(answer(await link(asha, 'asha'))).toEqual(linked);
    expect(await linksOf(asha)).toEqual({ items: [linked], hasPassword: true });
    expect(answer(await identity.outside.signIn({ provider, ...(await tokenOf('asha')) })).person.id).toBe(asha.personId);
    const noted = await database.db.query(`SELECT what, who FROM audit WHERE about = $1 AND what LIKE 'outside%'`, [asha.personId]);
    expect(noted).toEqual([{ what: 'outside_linked', who: asha.personId }]);
  });

  it('takes a subject from nobody: of fifty who want one at once it is one’s', async () => {
    const people = await Promise.all(Array.from({ length: 50 }, async (_, place) => [await newcomerWithin(`wants-${place}`), await wordOf(`wants-${place}`)] as const));
    const outcomes = await Promise.all(people.map(([person, word]) => link(person, 'wanted', word)));
    expect(outcomes.filter((outcome) => !isRefusal(outcome))).toHaveLength(1);
    expect(outcomes.filter(isRefusal)).toEqual(Array.from({ length: 49 }, () => LinkedElsewhere()));
  });

  it('is nobody’s doing who has only a session of theirs', async () => {
    const [asha, ravi] = [await somebody(), await newcomer('ravi')];
    expect(await link(asha, 'thief', {})).toMatchObject(WrongPassword());
    expect(await link(asha, 'thief', { password: 'not this one' })).toMatchObject(WrongPassword());
    expect(await link(asha, 'thief', await wordOf('thief'))).toMatchObject(WrongPassword());
    expect(await link(ravi, 'thief', {})).toMatchObject(WrongPassword());
    expect(await link(ravi, 'thief', await wordOf('thief'))).toMatchObject(ProofRefused());
    expect((await linksOf(asha)).items).toEqual([]);
    expect((await linksOf(ravi)).items).toHaveLength(1);
  });

  it('is not done with a password of before', async () => {
    const asha = await somebody();
    const held = heldWhenLookedAt(identity.hasher, 1);
    const linking = link(asha, 'late');
    await held.looked;
    await database.db.query(`UPDATE person SET password_hash = '$argon2id$another' WHERE id = $1`, [asha.personId]);
    held.letGo();
    expect(await linking).toMatchObject(WrongPassword());
    expect((await linksOf(asha)).items).toEqual([]);
  });

  it('needs a token that is good here', async () => {
    const asha = await somebody();
    const idToken = await sandbox.server.tokens.make({ claims: { sub: 'x', aud: 'another' } });
    expect(await identity.links.link(asha, { provider, proof: { idToken }, password })).toEqual(OutsideTokenRefused());
  });
});

describe('unlinking', () => {
  it('leaves one of two where fifty would take both away at once from somebody without a password', async () => {
    const asha = await newcomer('two-1');
    answer(await link(asha, 'two-2', await wordOf('two-1')));
    const { items } = await linksOf(asha);
    const outcomes = await Promise.all(Array.from({ length: 50 }, (_, place) => identity.links.unlink(asha, items[place % 2]!.id)));
    expect(outcomes.filter((outcome) => !isRefusal(outcome))).toHaveLength(1);
    expect(new Set(outcomes.filter(isRefusal).map(({ code }) => code))).toEqual(new Set([LastWayIn.code, OutsideLinkUnknown.code]));
    expect((await linksOf(asha)).items).toHaveLength(1);
  });

  it('takes the last away from somebody who has a password, who may be brought by it no more', async () => {
    const asha = await somebody();
    const { id } = answer(await link(asha, 'passing'));
    expect(await identity.links.unlink(asha, id)).toEqual({ unlinked: id });
    expect(answer(await identity.outside.signIn({ provider, ...(await tokenOf('passing')) })).person.id).not.toBe(asha.personId);
  });

  it('is nobody else’s doing', async () => {
    const [asha, ravi] = [await somebody(), await somebody()];
    const { id } = answer(await link(asha, 'hers'));
    expect(await identity.links.unlink(ravi, id)).toEqual(OutsideLinkUnknown());
  });

  it('counts a provider that the settings name no more as no way in', async () => {
    const asha = await newcomer('old');
    await database.db.query(`INSERT INTO outside_identity (id, person_id, provider, issuer, subject) VALUES ($1, $2, 'gone', 'https://gone.example', 'old')`, [crypto.randomUUID(), asha.personId]);
    const usable = (await linksOf(asha)).items.find((link) => link.provider === provider)!;
    expect(await identity.links.unlink(asha, usable.id)).toEqual(LastWayIn());
  });

  it('or the removal of a passkey takes one of the two away, where fifty would take both at once', async () => {
    const asha = await newcomer('with-a-key');
    const [linked] = (await linksOf(asha)).items;
    const passkeyId = crypto.randomUUID();
    await database.db.query(
      `INSERT INTO passkey (id, person_id, credential_id, public_key, counter, name, is_backed_up, transports) VALUES ($1, $2, $3, $4, 0, 'A phone', false, '{}')`,
      [passkeyId, asha.personId, passkeyId, Buffer.alloc(32)],
    );
    const takes = (place: number): Promise<object> => (place % 2 === 0 ? identity.links.unlink(asha, linked!.id) : identity.passkeys.remove(asha, { passkeyId }));
    const outcomes = await Promise.all(Array.from({ length: 50 }, (_, place) => takes(place)));
    expect(outcomes.filter((outcome) => !isRefusal(outcome))).toHaveLength(1);
    const left = [...(await linksOf(asha)).items, ...(await identity.passkeys.list(asha.personId)).items];
    expect(left).toHaveLength(1);
  });

  it('races with fifty sign-ins by the same link, and nobody waits in a circle', async () => {
    const asha = await somebody();
    const { id } = answer(await link(asha, 'racing'));
    const idToken = (await tokenOf('racing')).idToken;
    const [unlinked, ...outcomes] = await Promise.all([identity.links.unlink(asha, id), ...Array.from({ length: 50 }, () => identity.outside.signIn({ provider, idToken }))]);
    expect(unlinked).toEqual({ unlinked: id });
    for (const outcome of outcomes) if (isRefusal(outcome)) expect(outcome.code).toBe(OutsideTokenRefused.code);
  });
});
