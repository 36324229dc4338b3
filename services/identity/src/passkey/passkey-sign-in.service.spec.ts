import { isRefusal, PasskeyRefused } from '@mela/contracts';
import type { ServiceDatabase } from '@mela/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer, identityOn, openIdentityDatabase } from '../../test/identity.fixture.ts';
import { codesOf, password, Protected } from '../../test/second-factor.fixture.ts';
import { SoftwareAuthenticator, type Quirks } from '../../test/software-authenticator.fixture.ts';

let database: ServiceDatabase;
let identity: Awaited<ReturnType<typeof identityOn>>;
beforeAll(async () => {
  database = await openIdentityDatabase();
  identity = await identityOn(database.db);
});
afterAll(() => database?.close());

async function withPasskey(device = new SoftwareAuthenticator(), asha?: Protected): Promise<{ asha: Protected; device: SoftwareAuthenticator }> {
  const person = asha ?? (await Protected.withPassword(identity));
  const { options } = answer(await identity.passkeys.options(person.caller, { password, ...(asha && { code: asha.nextCode() }) }));
  answer(await identity.passkeys.add(person.caller, { name: 'A key', credential: device.create(options) }));
  return { asha: person, device };
}
const shown = async (device: SoftwareAuthenticator, quirks: Quirks = {}) => device.get((await identity.passkeySignIns.options()).options, quirks);
const signIn = async (device: SoftwareAuthenticator, quirks: Quirks = {}) => identity.passkeySignIns.signIn({ credential: await shown(device, quirks), device: 'Asha’s phone' });
const refusals = async ({ caller }: Protected) => answer(await identity.audit.all({ about: caller.personId, what: 'passkey_refused', limit: 10 })).items;

describe('signing in with a passkey', () => {
  it('needs neither address nor password, and says on which device', async () => {
    const { asha, device } = await withPasskey();
    expect((await identity.passkeySignIns.options()).options).toMatchObject({ rpId: 'localhost', userVerification: 'required' });
    expect(answer(await signIn(device)).person).toEqual(asha.session.person);
    expect(answer(await identity.sessions.list(asha.caller, { limit: 20 })).items.map((one) => one.device)).toEqual(['Asha’s phone', null]);
    expect((await identity.passkeys.list(asha.caller.personId)).items).toMatchObject([{ lastUsedAt: expect.any(String) }]);
  });

  it('asks for no code besides', async () => {
    const asha = await Protected.withCodes(identity);
    const { device } = await withPasskey(new SoftwareAuthenticator(), asha);
    expect(await asha.signsIn()).toMatchObject({ code: 'identity.second_factor_needed' });
    expect(answer(await signIn(device)).person.id).toBe(asha.caller.personId);
  });

  it('goes on for a device that does not count', async () => {
    const { device } = await withPasskey(new SoftwareAuthenticator({ counts: false, isSynced: true }));
    for (let n = 0; n < 3; n++) answer(await signIn(device));
  });

  it('is refused to whoever is suspended', async () => {
    const { asha, device } = await withPasskey();
    await database.db.query(`UPDATE person SET suspended_at = now(), suspended_by = id, suspension_reason = 'spam' WHERE id = $1`, [asha.caller.personId]);
    expect(await signIn(device)).toMatchObject({ code: 'identity.suspended' });
  });

  it('is over when the passkey was removed', async () => {
    const { asha, device } = await withPasskey();
    const [key] = (await identity.passkeys.list(asha.caller.personId)).items;
    answer(await identity.passkeys.remove(asha.caller, { passkeyId: key!.id }));
    expect(await signIn(device)).toEqual(PasskeyRefused());
  });

  it.each<[string, Quirks]>([
    ['a page of another site', { origin: 'https://evil.example' }],
    ['a page inside of another', { crossOrigin: true }],
    ['another domain', { rpId: 'evil.example' }],
    ['a device that has not verified whose it is', { userVerified: false }],
    ['a device that nobody touched', { userPresent: false }],
    ['an invented challenge', { challenge: 'AAAA' }],
    ['what registers', { type: 'webauthn.create' }],
    ['another person’s name', { userHandle: Buffer.alloc(16, 1).toString('base64url') }],
    ['nobody’s name', { userHandle: null }],
  ])('is refused for %s, and nothing comes of it but a note', async (_what, quirks) => {
    const { asha, device } = await withPasskey();
    expect(await signIn(device, quirks)).toMatchObject(PasskeyRefused());
    expect(await refusals(asha)).toMatchObject([{ who: null, device: 'Asha’s phone', details: { passkeyId: expect.any(String), why: 'not_signed_for_this' } }]);
    expect(answer(await identity.sessions.list(asha.caller, { limit: 20 })).items).toHaveLength(1);
    answer(await signIn(device));
  });

  it('is refused for another key’s signature, and for one that was altered', async () => {
    const [{ device }, { device: other }] = [await withPasskey(), await withPasskey()];
    const [mine, theirs] = [await shown(device), await shown(other)];
    const altered = Buffer.from(mine.response.signature, 'base64url');
    altered[altered.length - 1]! ^= 1;
    for (const credential of [
      { ...mine, response: { ...mine.response, signature: theirs.response.signature } },
      { ...mine, id: theirs.id, rawId: theirs.rawId },
      { ...mine, response: { ...mine.response, signature: altered.toString('base64url') } },
    ]) expect(await identity.passkeySignIns.signIn({ credential })).toMatchObject(PasskeyRefused());
  });

  it('is refused for a challenge that somebody was to register with', async () => {
    const { asha, device } = await withPasskey();
    const { options } = answer(await identity.passkeys.options(asha.caller, { password }));
    expect(await signIn(device, { challenge: String(options['challenge']) })).toMatchObject(PasskeyRefused());
  });
});

describe('a passkey whose counter goes back', () => {
  it.each([[4], [1]])('is refused, and that is noted: after 4, %i', async (counter) => {
    const { asha, device } = await withPasskey();
    answer(await signIn(device, { counter: 4 }));
    expect(await signIn(device, { counter })).toMatchObject(PasskeyRefused());
    expect(await refusals(asha)).toMatchObject([{ who: null, device: 'Asha’s phone', details: { why: 'counted_back', counter, expectedAbove: 4 } }]);
    answer(await signIn(device, { counter: 5 }));
  });
});

it.each([true, false])('fifty at once who show one signature are signed in once, also where the device does not count: %s', async (counts) => {
  const { asha, device } = await withPasskey(new SoftwareAuthenticator({ counts }));
  const credential = await shown(device);
  const outcomes = await Promise.all(Array.from({ length: 50 }, () => identity.passkeySignIns.signIn({ credential })));
  expect(codesOf(outcomes)).toEqual({ answered: 1, 'identity.passkey_refused': 49 });
  expect(new Set((await refusals(asha)).map(({ details }) => details['why']))).toEqual(new Set(['shown_before']));
  expect(isRefusal(await identity.passkeySignIns.signIn({ credential }))).toBe(true);
  expect(answer(await identity.sessions.list(asha.caller, { limit: 20 })).items).toHaveLength(2);
});
