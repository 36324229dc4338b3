import { identity, UserWaysInChanged } from '@mela/contracts';
import { askOperation, letterTo, openWorld, sendOperation, type Someone } from '@mela/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { SoftwareAuthenticator } from './software-authenticator.fixture.ts';

const world = openWorld();
afterEach(() => world.rest());

const { api } = world.addresses;

async function withPasskey(asha: Someone) {
  const device = new SoftwareAuthenticator();
  const { options } = await asha.asks(identity.passkeyOptions, { password: asha.password });
  const passkey = await asha.asks(identity.addPasskey, { name: 'Asha’s phone', credential: device.create(options) });
  return { device, passkey };
}
const shownBy = async (device: SoftwareAuthenticator) => device.get((await askOperation(api, identity.passkeySignInOptions, {})).options);

describe('a person with a passkey', () => {
  it('signs in with it alone, and is who they were', async () => {
    const asha = await world.someone('Asha');
    const { device } = await withPasskey(asha);
    const credential = await shownBy(device);
    const session = await askOperation(api, identity.signInWithPasskey, { credential, device: 'Asha’s phone' });
    expect(await asha.asks(identity.me, {}, { token: session.accessToken })).toEqual(asha.session.person);
    const again = await sendOperation(api, identity.signInWithPasskey, { credential });
    expect([again.status, await again.json()]).toMatchObject([401, { code: 'identity.passkey_refused' }]);
    expect((await asha.asks(identity.audit, { limit: 3 })).items.map(({ what }) => what)).toEqual(['passkey_refused', 'signed_in', 'passkey_added']);
  });

  it('lists, renames and removes it, and signs in with it no more', async () => {
    const asha = await world.someone('Asha');
    const { device, passkey } = await withPasskey(asha);
    expect((await asha.asks(identity.passkeys, {})).items).toEqual([passkey]);
    expect(await asha.asks(identity.renamePasskey, { passkeyId: passkey.id, name: 'Old phone' })).toEqual({ ...passkey, name: 'Old phone' });
    expect(await asha.asks(identity.removePasskey, { passkeyId: passkey.id })).toEqual({ removed: 1 });
    expect((await sendOperation(api, identity.signInWithPasskey, { credential: await shownBy(device) })).status).toBe(401);
  });

  it('is told of it by mail, since whoever reads that may not have added it, and hears of it on every screen', async () => {
    const asha = await world.someone('Asha');
    const screen = await asha.opensScreen();
    const { passkey } = await withPasskey(asha);
    await expect(screen).toHear(UserWaysInChanged, { way: 'passkey', change: 'added' });
    await letterTo(world.addresses.mailbox, asha.email, ({ subject }) => subject === 'A passkey was added to your account');
    await asha.asks(identity.removePasskey, { passkeyId: passkey.id });
    await expect(screen).toHear(UserWaysInChanged, { way: 'passkey', change: 'removed' });
  });

  it('signs in on a page that never sees a token', async () => {
    const asha = await world.someone('Asha');
    const { device } = await withPasskey(asha);
    const response = await sendOperation(api, identity.signInWithPasskey, { credential: await shownBy(device) }, { headers: { 'mela-session': 'cookie' } });
    expect(await response.json()).toEqual({ person: asha.session.person, expiresAt: expect.any(String) });
    expect(response.headers.getSetCookie().map((line) => line.split('=')[0])).toEqual(['__Host-mela-access', '__Host-mela-refresh']);
  });

  it('may send all that a browser’s toJSON() holds', async () => {
    const asha = await world.someone('Asha');
    const { options } = await asha.asks(identity.passkeyOptions, { password: asha.password });
    const made = new SoftwareAuthenticator().create(options);
    const credential = { ...made, authenticatorAttachment: 'platform', clientExtensionResults: {}, response: { ...made.response, publicKeyAlgorithm: -7, publicKey: 'AAAA', authenticatorData: 'AAAA' } };
    expect(await asha.asks(identity.addPasskey, { name: 'Asha’s phone', credential })).toMatchObject({ name: 'Asha’s phone' });
  });
});

it('whoever has a session alone adds no passkey', async () => {
  const asha = await world.someone('Asha');
  expect(await asha.isRefused(identity.passkeyOptions, { password: 'not her password' })).toMatchObject({ status: 403, code: 'identity.wrong_password' });
});
