import { currentContext, within, type Exchange } from '@mela/bus';
import { communities, type Operation } from '@mela/contracts';
import type { JSONWebKeySet } from 'jose';
import { describe, expect, it } from 'vitest';
import { ASHA, exchangeOf } from '../service/exchange.fixture.ts';
import { KeyApi, notes, tokenFor } from '../service/notes.fixture.ts';
import { authenticated } from './authenticated.ts';
import { TokenVerifier } from './tokens.ts';

const verifier = new TokenVerifier(async () => (await new KeyApi().jwks()) as unknown as JSONWebKeySet);
const whoAsks = authenticated(verifier)(async ({ caller }: Exchange) => ({ caller, actor: currentContext()?.actor, locale: currentContext()?.locale }));
const asked = (operation: Operation, token?: string) => within({ traceparent: 'x', locale: 'ta', token }, () => whoAsks(exchangeOf(operation)));

it('lets nobody in particular ask what anyone may ask', async () => {
  expect(await asked(notes.count)).toEqual({ caller: undefined, actor: undefined, locale: 'ta' });
});

it.each([notes.write, notes.share])('asks whoever wants $id to sign in', async (operation) => {
  expect(await asked(operation)).toMatchObject({ status: 401, code: 'auth.required' });
});

it.each([notes.count, notes.write])('refuses a bad token on $id', async (operation) => {
  expect(await asked(operation, 'not.a.token')).toMatchObject({ status: 401, code: 'auth.invalid_token' });
});

it.each([notes.count, notes.write])('knows from the token who asks for $id, and in whose name its events will be', async (operation) => {
  expect(await asked(operation, await tokenFor(ASHA.personId))).toEqual({ caller: ASHA, actor: ASHA.personId, locale: 'ta' });
});

it('has every line say who looks through the eyes of whoever asks', async () => {
  const spoken = authenticated(verifier)(async ({ caller }) => [caller?.actor, currentContext()?.actor, currentContext()?.impersonator]);
  const asks = async (actor?: string) => within({ traceparent: 'x', token: await tokenFor(ASHA.personId, actor) }, async () => spoken(exchangeOf(notes.write)));
  expect(await asks('mira')).toEqual(['mira', ASHA.personId, 'mira']);
  expect(await asks()).toEqual([undefined, ASHA.personId, undefined]);
});

it('says that it cannot know while the keys cannot be had', async () => {
  const keyless = authenticated(new TokenVerifier(async () => undefined))(async () => 'let in');
  const token = await tokenFor(ASHA.personId);
  expect(await within({ traceparent: 'x', token }, () => keyless(exchangeOf(notes.count)))).toMatchObject({ status: 503 });
});

describe('what is for services alone', () => {
  it('is answered to whoever asks in nobody’s name, and refused to a person, whoever that is', async () => {
    expect(await asked(communities.members)).toMatchObject({ caller: undefined });
    expect(await asked(communities.members, await tokenFor(ASHA.personId))).toMatchObject({ status: 403, code: 'access.denied' });
    expect(await asked(communities.members, 'not.a.token')).toMatchObject({ status: 403 });
  });
});
