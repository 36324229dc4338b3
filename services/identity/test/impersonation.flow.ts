import { communities, identity, mela, type Operation } from '@mela/contracts';
import { Ear, openWorld, sendOperation } from '@mela/testkit';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { lookingAfter } from './admins.fixture.ts';
import { SoftwareAuthenticator } from './software-authenticator.fixture.ts';

const world = openWorld();
afterEach(() => world.rest());

const givenOne = async () => {
  const [asha, vera] = await Promise.all([world.someone('Asha'), lookingAfter(world, 'super_admin', 'Vera')]);
  const { accessToken: token } = await vera.asks(identity.impersonate, { personId: asha.id, reason: 'Her feed is empty' });
  return { asha, vera, token };
};
const isTurnedAway = (token: string) => vi.waitUntil(async () => (await sendOperation(world.addresses.api, identity.me, {}, { token })).status === 401, { timeout: 1_000, interval: 10 });

describe('a super-admin who looks through somebody’s eyes', () => {
  it('sees and does what they would, in every service and on a screen, until signed out', async () => {
    const { asha, token } = await givenOne();
    expect(await asha.asks(identity.me, {}, { token })).toEqual(asha.session.person);
    const runners = await asha.asks(communities.create, { name: 'Runners' }, { token });
    expect(await asha.asks(communities.createPost, { communityId: runners.id, body: 'Mine' })).toMatchObject({ authorId: asha.id });
    const screen = await Ear.connect(world.addresses.realtime, token);
    expect(await asha.asks(identity.signOut, {}, { token })).toEqual({ ended: 1 });
    await screen.closed;
    await isTurnedAway(token);
    expect(await asha.asks(identity.me, {})).toEqual(asha.session.person);
  });

  it('does nothing that is theirs alone', async () => {
    const { asha, vera, token } = await givenOne();
    const own = (await asha.asks(identity.sessions, {})).items;
    const before = await asha.asks(identity.profile, {});
    const { options } = await asha.asks(identity.passkeyOptions, { password: asha.password });
    const forbidden: [Operation, Record<string, unknown>][] = [
      [identity.changeProfile, { name: 'Vera', handle: 'vera_was_here' }],
      [identity.skipSetupStep, { step: 'avatar' }],
      [identity.deactivate, { password: asha.password }],
      [identity.delete, { password: asha.password }],
      [identity.changeEmail, { password: asha.password, newEmail: vera.email }],
      [identity.createApiKey, { password: asha.password, name: 'x', scopes: ['identity:read'] }],
      [identity.rotateApiKey, { password: asha.password, keyId: asha.id }],
      [identity.revokeApiKey, { keyId: asha.id }],
      [identity.requestExport, {}],
      [identity.linkOutside, { password: asha.password, provider: 'sandbox', proof: { idToken: 'x' } }],
      [identity.unlinkOutside, { linkId: asha.id }],
      [identity.addPasskey, { name: 'x', credential: new SoftwareAuthenticator().create(options) }],
      [identity.changePassword, { password: asha.password, newPassword: 'another long password' }],
      [identity.signOut, { everywhere: true }],
      [identity.endSession, { sessionId: own[0]!.id }],
      [identity.changeRole, { personId: asha.id, role: 'super_admin' }],
      [identity.impersonate, { personId: asha.id, reason: 'again' }],
      [identity.suspend, { personId: vera.id, reason: 'x' }],
      [identity.restore, { personId: vera.id }],
      [identity.resetSecondFactor, { personId: vera.id, reason: 'x' }],
      [identity.beginTotp, { password: asha.password }],
      [identity.confirmTotp, { code: '492039' }],
      [identity.removeTotp, { password: asha.password, code: '492039' }],
      [identity.renewRecoveryCodes, { password: asha.password, code: '492039' }],
      [identity.passkeyOptions, { password: asha.password }],
      [identity.renamePasskey, { passkeyId: asha.id, name: 'x' }],
      [identity.removePasskey, { passkeyId: asha.id }],
    ];
    const inPerson = [...mela.operations.values()].filter((operation) => operation.kind === 'command' && operation.inPerson);
    expect(inPerson.filter((operation) => !forbidden.some(([one]) => one === operation)).map(({ id }) => id)).toEqual([]);
    for (const [operation, input] of forbidden) {
      const response = await sendOperation(world.addresses.api, operation, input, { token });
      expect([operation.id, response.status, ((await response.json()) as { code: string }).code]).toEqual([operation.id, 403, 'identity.not_while_impersonating']);
    }
    expect((await asha.asks(identity.sessions, {})).items).toEqual(own);
    expect(await asha.asks(identity.profile, {})).toEqual(before);
  });

  it('is seen in the log, by the person too, and is looked at by nobody themselves; admins look through nobody’s', async () => {
    const { asha, vera } = await givenOne();
    const [entry] = (await asha.asks(identity.audit, { what: 'impersonated' })).items;
    expect(entry).toMatchObject({ who: vera.id, about: asha.id, clientAddress: null, details: { reason: 'Her feed is empty' } });
    expect((await vera.asks(identity.auditAll, { who: vera.id, what: 'impersonated' })).items).toMatchObject([{ about: asha.id, clientAddress: '127.0.0.1' }]);
    expect(await vera.isRefused(identity.impersonate, { personId: vera.id, reason: 'x' })).toMatchObject({ status: 403, code: 'identity.may_not_impersonate' });
    expect(await asha.isRefused(identity.impersonate, { personId: vera.id, reason: 'x' })).toMatchObject({ status: 403, code: 'access.denied' });
    const mira = await lookingAfter(world, 'admin', 'Mira');
    expect(await mira.isRefused(identity.impersonate, { personId: asha.id, reason: 'x' })).toMatchObject({ status: 403, code: 'access.denied' });
  });

  it('sees no more when they sign out themselves', async () => {
    const { vera, token } = await givenOne();
    await vera.asks(identity.signOut, { everywhere: true });
    await isTurnedAway(token);
  });
});
