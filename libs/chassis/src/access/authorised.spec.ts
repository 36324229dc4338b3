import { AccessUnknown, communities, id, identity, type PlatformRole, type CommunityRole, type Operation, type Refusal } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { ASHA, exchangeOf } from '../service/exchange.fixture.ts';
import { notes } from '../service/notes.fixture.ts';
import { authorised } from './authorised.ts';
import type { Memberships } from './memberships.ts';

type Standing = CommunityRole | null | Refusal;
const RUNNERS = id(99);

/** The owner's own list: what it says is so. */
const ownList = (role: Standing): Memberships => ({ roleOf: async (community, person) => (community === RUNNERS && person === ASHA.personId ? role : null) });

/** A replica, and the owner that it can ask. */
function replica(known: Standing, truth: Standing) {
  const confirmed: string[] = [];
  const confirm = async (community: string) => (confirmed.push(community), truth);
  return { confirmed, memberships: { ...ownList(known), confirm } };
}

const letIn = (memberships: Memberships | undefined, operation: Operation, caller = true) =>
  authorised(memberships)(async () => 'let in')(exchangeOf(operation, { input: { communityId: RUNNERS }, ...(caller ? { caller: ASHA } : {}) }));

describe('what needs no membership', () => {
  it('is open to anyone, or to whoever is signed in', async () => {
    expect(await letIn(undefined, notes.count, false)).toBe('let in');
    expect(await letIn(undefined, notes.write)).toBe('let in');
    expect(await letIn(undefined, notes.write, false)).toMatchObject({ status: 401, code: 'auth.required' });
  });
});

it('what is for services alone needs no membership', async () => {
  expect(await letIn(undefined, communities.members, false)).toBe('let in');
});

describe('what is for those who look after the platform', () => {
  const asked = async (role: PlatformRole | undefined) =>
    authorised(undefined)(async () => 'let in')(exchangeOf(identity.changeRole, { input: {}, ...(role === undefined ? {} : { caller: { ...ASHA, role } }) }));

  it('is open from the role on that it takes, forbidden below, and asks a stranger to sign in', async () => {
    expect(await asked('super_admin')).toBe('let in');
    for (const role of ['admin', 'member'] as const) expect(await asked(role)).toMatchObject({ status: 403, code: 'access.denied', detail: expect.stringContaining('super_admin') });
    expect(await asked(undefined)).toMatchObject({ status: 401 });
  });
});

it('what a person does alone is not done by an admin who looks through their eyes, whatever the role', async () => {
  const asked = (operation: Operation, caller: object) => authorised(undefined)(async () => 'let in')(exchangeOf(operation, { caller: { ...ASHA, ...caller } }));
  for (const operation of [identity.changePassword, identity.changeRole, identity.endSession, identity.exportArchive])
    expect(await asked(operation, { actor: id(7), role: 'super_admin' })).toMatchObject({ status: 403, code: 'identity.not_while_impersonating' });
  expect(await asked(identity.changePassword, {})).toBe('let in');
  expect(await asked(identity.me, { actor: id(7) })).toBe('let in');
});

describe('what an API key may do', () => {
  const asked = (operation: Operation, scopes: readonly string[]) =>
    authorised(ownList('owner'))(async () => 'let in')(exchangeOf(operation, { input: { communityId: RUNNERS }, caller: { ...ASHA, key: { id: id(8), scopes } } }));

  it('is what its scopes name, and no more, also where anyone may ask', async () => {
    expect(await asked(notes.write, ['notes:write'])).toBe('let in');
    expect(await asked(notes.share, ['notes:read', 'notes:write'])).toBe('let in');
    expect(await asked(notes.count, ['notes:read'])).toBe('let in');
    for (const [operation, scope] of [[notes.write, 'notes:write'], [notes.share, 'notes:write'], [notes.count, 'notes:read']] as const)
      for (const scopes of [[], ['identity:write'], [scope === 'notes:read' ? 'notes:write' : 'notes:read']])
        expect(await asked(operation, scopes)).toMatchObject({ status: 403, code: 'auth.scope_missing', facts: { scope } });
  });

  it('is never what a person does alone, what makes or ends a sign-in, or what takes a role on the platform', async () => {
    const all = ['identity:read', 'identity:write'];
    for (const operation of [identity.createApiKey, identity.changePassword, identity.exportArchive, identity.signOut, identity.signIn, identity.accounts, identity.changeRole])
      expect(await asked(operation, all), operation.id).toMatchObject({ status: 403, code: 'auth.not_with_api_key' });
  });

  it('is no more than its owner may', async () => {
    const strangers = authorised(ownList(null))(async () => 'let in');
    expect(await strangers(exchangeOf(notes.share, { input: { communityId: RUNNERS }, caller: { ...ASHA, key: { id: id(8), scopes: ['notes:write'] } } }))).toMatchObject({ status: 404 });
  });
});

describe('what members may do', () => {
  it.each(['moderator', 'admin', 'owner'] as const)('is open to a %s where it takes a moderator', async (role) => {
    expect(await letIn(ownList(role), notes.share)).toBe('let in');
  });

  it('is hidden from strangers and forbidden to who is too weak', async () => {
    expect(await letIn(ownList(null), notes.share)).toMatchObject({ status: 404, code: 'resource.not_found' });
    expect(await letIn(ownList('member'), notes.share)).toMatchObject({ status: 403, code: 'access.denied', detail: expect.stringContaining('moderator') });
  });

  it('asks who is not signed in to sign in', async () => {
    expect(await letIn(ownList('owner'), notes.share, false)).toMatchObject({ status: 401 });
  });

  it('cannot be served where nobody keeps members', async () => {
    await expect(letIn(undefined, notes.share)).rejects.toThrow('notes.share');
  });
});

describe('a replica', () => {
  it('that lets someone in needs nobody else', async () => {
    const { memberships, confirmed } = replica('moderator', null);
    expect(await letIn(memberships, notes.share)).toBe('let in');
    expect(confirmed).toEqual([]);
  });

  it.each([null, 'member'] as const)('that knows %j has the owner confirm it, who may know better', async (known) => {
    const { memberships, confirmed } = replica(known, 'admin');
    expect(await letIn(memberships, notes.share)).toBe('let in');
    expect(confirmed).toEqual([RUNNERS]);
  });

  it.each([
    [null, 404],
    ['member', 403],
    [AccessUnknown(), 503],
  ] as const)('takes the owner’s word, asked once: %j is %i', async (truth, status) => {
    const { memberships, confirmed } = replica(null, truth);
    expect(await letIn(memberships, notes.share)).toMatchObject({ status });
    expect(confirmed).toEqual([RUNNERS]);
  });

  it('that is too old to say closes without burdening the owner', async () => {
    const { memberships, confirmed } = replica(AccessUnknown(), 'owner');
    expect(await letIn(memberships, notes.share)).toMatchObject({ status: 503, code: 'access.unknown' });
    expect(confirmed).toEqual([]);
  });
});
