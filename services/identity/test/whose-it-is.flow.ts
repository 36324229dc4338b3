import { id, identity, type Operation } from '@mela/contracts';
import { letterTo, openWorld, sendOperation } from '@mela/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { lookingAfter } from './admins.fixture.ts';

const world = openWorld();
afterEach(() => world.rest());

const sidOf = (token: string): string => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()).sid;
const problemOf = async (response: Promise<Response>) => {
  const { status, code } = (await (await response).json()) as { status: number; code: string };
  return { status, code };
};

describe('what is somebody’s', () => {
  it('is not another’s to end, nor to learn of', async () => {
    const [asha, ravi] = await Promise.all([world.someone('Asha'), world.someone('Ravi')]);
    const [theirs, nobodys] = await Promise.all([sidOf(asha.token), id(404)].map((sessionId) => ravi.isRefused(identity.endSession, { sessionId })));
    expect(theirs).toMatchObject({ status: 404, code: 'identity.session_unknown' });
    expect([nobodys!.status, nobodys!.code]).toEqual([theirs!.status, theirs!.code]);
    expect(await asha.asks(identity.me, {})).toEqual(asha.session.person);
  });

  it('is known by the token, whatever else a request claims', async () => {
    const [asha, ravi] = await Promise.all([world.someone('Asha'), world.someone('Ravi')]);
    const headers = { 'x-user-id': asha.id, 'x-actor': asha.id, actor: asha.id, 'mela-params': JSON.stringify({ personId: asha.id }), 'x-role': 'super_admin' };
    expect(await ravi.asks(identity.me, {}, { headers })).toEqual(ravi.session.person);
    expect((await ravi.asks(identity.audit, {}, { headers })).items.every(({ about }) => about === ravi.id)).toBe(true);
    expect(await problemOf(sendOperation(world.addresses.api, identity.me, {}, { headers }))).toEqual({ status: 401, code: 'auth.required' });
  });
});

describe('a role', () => {
  it('is not gained by asking for it while registering', async () => {
    for (const more of [{ role: 'admin' }, { role: 'super_admin', suspended: false }, { person: { role: 'admin' } }, { id: id(1) }]) {
      const draft = { email: `smuggler-${crypto.randomUUID()}@example.org`, password: 'a long password', name: 'Smuggler', ...more };
      expect(await problemOf(sendOperation(world.addresses.api, identity.register, draft))).toEqual({ status: 400, code: 'request.invalid' });
    }
  });

  it.each<[Operation, Record<string, unknown>]>([
    [identity.accounts, {}],
    [identity.account, { personId: id(1) }],
    [identity.suspend, { personId: id(1), reason: 'x' }],
    [identity.restore, { personId: id(1) }],
    [identity.resetSecondFactor, { personId: id(1), reason: 'x' }],
    [identity.changeRole, { personId: id(1), role: 'admin' }],
    [identity.auditOf, { personId: id(1) }],
    [identity.auditAll, {}],
  ])('is needed for $id, and nobody who has none gets further', async (operation, input) => {
    const asha = await world.someone('Asha');
    expect(await problemOf(sendOperation(world.addresses.api, operation, input, { token: asha.token }))).toEqual({ status: 403, code: 'access.denied' });
    expect(await problemOf(sendOperation(world.addresses.api, operation, input))).toEqual({ status: 401, code: 'auth.required' });
  });

  it('that is another is told to whoever has it, with why they were signed out', async () => {
    const { mailbox } = world.addresses;
    const [asha, vera] = await Promise.all([world.someone('Asha'), lookingAfter(world, 'super_admin', 'Vera')]);
    await letterTo(mailbox, vera.email, ({ subject }) => subject === 'You look after Mela now, and say who else does');
    await vera.asks(identity.changeRole, { personId: asha.id, role: 'admin' });
    expect((await letterTo(mailbox, asha.email, ({ subject }) => subject === 'You look after Mela now')).text).toContain('signed out everywhere');
  });

  it('that the operator gives is given over the message bus alone', async () => {
    const asha = await world.someone('Asha');
    for (const path of ['appoint', 'people/appoint', identity.appoint.id, identity.resetSecondFactorAsOperator.id, 'audit/export', identity.exportAudit.id])
      for (const method of ['POST', 'PUT', 'GET']) {
        const response = await fetch(`${world.addresses.api}/api/v1/identity/${path}`, {
          method, headers: { authorization: `Bearer ${asha.token}`, 'content-type': 'application/json' }, ...(method === 'GET' ? {} : { body: JSON.stringify({ email: asha.email, role: 'admin' }) }),
        });
        expect([path, method, response.ok]).toEqual([path, method, false]);
      }
    expect(await asha.asks(identity.me, {})).toMatchObject({ role: 'member' });
  });
});
