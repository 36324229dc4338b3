import { setTimeout as pause } from 'node:timers/promises';
import { identity, SessionRevoked, topic, type Ask } from '@mela/contracts';
import { askOperation, Ear, openWorld, Problem, sendOperation, type Someone } from '@mela/testkit';
import { afterEach, describe, expect, it } from 'vitest';

const world = openWorld();
afterEach(() => world.rest());

const signIn = (input: Ask<typeof identity.signIn>) => askOperation(world.addresses.api, identity.signIn, input);
const refresh = (refreshToken: string) => askOperation(world.addresses.api, identity.refresh, { refreshToken });
const refusalOf = (asking: Promise<unknown>): Promise<Problem> => asking.then(() => Promise.reject(new Error('it was answered')), (problem: Problem) => problem);

describe('a person with an account', () => {
  it('signs in, however the address is written, and is who they were', async () => {
    const asha = await world.someone('Asha');
    const session = await signIn({ email: ` ${asha.email.toUpperCase()} `, password: asha.password });
    expect(session.person).toEqual(asha.session.person);
    expect(await asha.asks(identity.me, {}, { token: session.accessToken })).toEqual(session.person);
  });

  it('stays signed in by refreshing, and each token works once', async () => {
    const asha = await world.someone('Asha');
    const second = await refresh(asha.session.refreshToken);
    const third = await refresh(second.refreshToken);
    expect(await asha.asks(identity.me, {}, { token: third.accessToken })).toEqual(asha.session.person);

    expect(await refusalOf(refresh(asha.session.refreshToken))).toMatchObject({ status: 401, code: 'identity.refresh_refused' });
    expect(await refusalOf(refresh(third.refreshToken))).toMatchObject({ status: 401, code: 'identity.refresh_refused' });
  });

  it('may refresh fifty times at once, and is given one successor: only the token right before it is forgiven', async () => {
    const asha = await world.someone('Asha');
    const refreshed = await Promise.all(Array.from({ length: 50 }, () => refresh(asha.session.refreshToken)));
    const [successor, ...others] = new Set(refreshed.map(({ refreshToken }) => refreshToken));
    expect(others).toEqual([]);
    const third = await refresh(successor!);
    expect((await refresh(successor!)).refreshToken).toBe(third.refreshToken);
    expect(await refusalOf(refresh(asha.session.refreshToken))).toMatchObject({ status: 401, code: 'identity.refresh_refused' });
    for (const token of [successor!, third.refreshToken]) expect(await refusalOf(refresh(token))).toMatchObject({ status: 401, code: 'identity.refresh_refused' });
  });

  it('hears what concerns them; nobody else may', async () => {
    const [asha, ravi] = await Promise.all([world.someone('Asha'), world.someone('Ravi')]);
    await asha.listens(topic.person(asha.id));
    await expect(ravi.listens(topic.person(asha.id))).rejects.toThrow('topic.forbidden');
  });

  it('reads where they are signed in page by page', async () => {
    const asha = await world.someone('Asha');
    await signIn({ email: asha.email, password: asha.password, device: 'Asha’s phone' });
    const first = await asha.asks(identity.sessions, { limit: 1 });
    const second = await asha.asks(identity.sessions, { limit: 1, after: first.next! });
    expect([...first.items, ...second.items].map(({ device, isCurrent }) => [device, isCurrent])).toEqual([['Asha’s phone', false], [null, true]]);
    expect(second.next).toBeNull();
    for (const after of ['', 'nonsense']) expect(await asha.isRefused(identity.sessions, { after })).toMatchObject({ status: 400, code: 'request.bad_cursor' });
  });
});

describe('whoever guesses', () => {
  it('is told the same of a wrong password and of an address that nobody has', async () => {
    const asha = await world.someone('Asha');
    const [wrong, unknown] = await Promise.all([
      refusalOf(signIn({ email: asha.email, password: 'not her password' })),
      refusalOf(signIn({ email: `nobody-${asha.email}`, password: 'not her password' })),
    ]);
    const { traceId: _wrongTrace, ...wrongDocument } = wrong.document;
    const { traceId: _unknownTrace, ...unknownDocument } = unknown.document;
    expect(wrong.status).toBe(401);
    expect(unknownDocument).toEqual(wrongDocument);
  });

  it('gets nowhere with a field that registering does not have', async () => {
    const draft = { email: 'admin@example.org', password: 'a long password', name: 'Admin', role: 'admin' };
    const response = await sendOperation(world.addresses.api, identity.register, draft);
    expect([response.status, await response.json()]).toMatchObject([400, { code: 'request.invalid', faults: [{ field: 'role' }] }]);
  });
});

it('the keys that tokens are verified with are public before they sign, and only their public halves are', async () => {
  const { keys } = await askOperation(world.addresses.api, identity.jwks, {});
  const key = { kty: 'OKP', crv: 'Ed25519', x: expect.any(String), kid: expect.any(String), alg: 'Ed25519', use: 'sig' };
  expect(keys).toEqual([key, key]);
});

describe('whoever signs out', () => {
  const within = async (ms: number, holds: () => Promise<boolean>): Promise<boolean> => {
    for (const until = performance.now() + ms; performance.now() < until; ) if (await holds()) return true;
    return false;
  };
  const isTurnedAway = async (person: Someone, token: string) => {
    const response = await sendOperation(world.addresses.api, identity.me, {}, { token });
    return response.status === 401 && ((await response.json()) as { code: string }).code === 'auth.invalid_token';
  };

  it('is nobody any more within a second, in every request and on every screen of that sign-in, and stays somebody elsewhere', async () => {
    const asha = await world.someone('Asha');
    const second = await signIn({ email: asha.email, password: asha.password, device: 'Asha’s phone' });
    const [here, there] = [await asha.opensScreen(), await Ear.connect(world.addresses.realtime, second.accessToken)];

    expect(await asha.asks(identity.signOut, {})).toEqual({ ended: 1 });
    expect(await within(1_000, () => isTurnedAway(asha, asha.token))).toBe(true);
    expect(await Promise.race([here.closed.then(() => 'closed'), pause(1_000, 'open')])).toBe('closed');
    await expect(Ear.connect(world.addresses.realtime, asha.token)).rejects.toThrow('auth.invalid_token');

    const { items } = await asha.asks(identity.sessions, {}, { token: second.accessToken });
    expect(items.map(({ device, isCurrent }) => ({ device, isCurrent }))).toEqual([{ device: 'Asha’s phone', isCurrent: true }]);
    await expect(there).toHear(SessionRevoked, { userId: asha.id });
    there.close();
  });

  it('everywhere is nobody anywhere', async () => {
    const asha = await world.someone('Asha');
    const second = await signIn({ email: asha.email, password: asha.password });
    expect(await asha.asks(identity.signOut, { everywhere: true }, { token: second.accessToken })).toEqual({ ended: 2 });
    for (const token of [asha.token, second.accessToken]) expect(await within(1_000, () => isTurnedAway(asha, token))).toBe(true);
    expect(await refusalOf(refresh(second.refreshToken))).toMatchObject({ code: 'identity.refresh_refused' });
  });

  it('by choosing another password is somebody only where it was chosen', async () => {
    const asha = await world.someone('Asha');
    const second = await signIn({ email: asha.email, password: asha.password });
    const newPassword = 'another long password';
    expect(await asha.isRefused(identity.changePassword, { password: 'not this one', newPassword })).toMatchObject({ status: 403, code: 'identity.wrong_password' });
    expect(await asha.asks(identity.changePassword, { password: asha.password, newPassword })).toEqual({ ended: 1 });
    expect(await within(1_000, () => isTurnedAway(asha, second.accessToken))).toBe(true);
    expect(await asha.asks(identity.me, {})).toEqual(asha.session.person);
  });
});
