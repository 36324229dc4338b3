import { identity } from '@mela/contracts';
import { askOperation, openWorld, sendOperation } from '@mela/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { lookingAfter } from './admins.fixture.ts';

const world = openWorld();
afterEach(() => world.rest());

const FORGED = { 'x-forwarded-for': '203.0.113.1', 'mela-client-address': '203.0.113.2', 'mela-client-agent': 'forged', 'x-user-id': '01900000-0000-7000-8000-000000000001' };

describe('the audit log', () => {
  it('tells a person where their account was used and tried, as we saw it and not as was claimed', async () => {
    const asha = await world.someone('Asha');
    const signIn = (password: string) =>
      sendOperation(world.addresses.api, identity.signIn, { email: asha.email, password, device: 'Asha’s phone' }, { headers: { ...FORGED, 'user-agent': 'Mela/2 (Android)' } });
    expect([(await signIn('not her password')).status, (await signIn(asha.password)).status]).toEqual([401, 200]);

    const { items, next } = await asha.asks(identity.audit, {});
    expect(next).toBeNull();
    expect(items.map(({ what, who }) => [what, who])).toEqual([['signed_in', asha.id], ['sign_in_failed', null], ['signed_in', asha.id], ['registered', asha.id]]);
    for (const entry of items.slice(0, 2))
      expect(entry).toMatchObject({ about: asha.id, clientAddress: '127.0.0.1', userAgent: 'Mela/2 (Android)', device: 'Asha’s phone', traceId: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect((await asha.asks(identity.audit, { what: 'sign_in_failed' })).items).toHaveLength(1);
    expect((await asha.asks(identity.audit, { to: items.at(-1)!.at })).items).toEqual([]);
  });

  it('is read page by page', async () => {
    const asha = await world.someone('Asha');
    for (let n = 0; n < 4; n++) await askOperation(world.addresses.api, identity.signIn, { email: asha.email, password: asha.password });
    const ids: string[] = [];
    for (let after: string | undefined, pages = 0; pages < 4; pages++) {
      const page = await asha.asks(identity.audit, { limit: 2, ...(after === undefined ? {} : { after }) });
      ids.push(...page.items.map(({ id }) => id));
      if (page.next === null) break;
      after = page.next;
    }
    expect([ids.length, new Set(ids).size]).toEqual([6, 6]);
  });

  it('is read as a whole, and of anybody, by those who look after the platform, and by nobody else', async () => {
    const [asha, ravi] = await Promise.all([world.someone('Asha'), world.someone('Ravi')]);
    const mira = await lookingAfter(world, 'admin', 'Mira');
    expect((await mira.asks(identity.auditOf, { personId: asha.id })).items.map(({ what }) => what)).toEqual(['signed_in', 'registered']);
    expect((await mira.asks(identity.auditAll, { about: mira.id, what: 'appointed' })).items).toMatchObject([{ who: null, details: { from: 'member', to: 'admin' } }]);
    expect(await ravi.isRefused(identity.auditOf, { personId: asha.id })).toMatchObject({ status: 403, code: 'access.denied' });
    expect(await ravi.isRefused(identity.auditAll, {})).toMatchObject({ status: 403, code: 'access.denied' });
    expect((await sendOperation(world.addresses.api, identity.auditAll, {})).status).toBe(401);
  });
});
