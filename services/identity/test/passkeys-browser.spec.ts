import type { Page } from 'playwright-core';
import type { ServiceDatabase } from '@mela/testkit';
import { hasBrowser, inABrowser } from '@mela/testkit/browser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer, identityOn, openIdentityDatabase } from './identity.fixture.ts';
import { PasskeySite } from './passkeys.fixture.ts';
import { password, Protected } from './second-factor.fixture.ts';

/** What a page does with the options that it was given, as its own script would. */
const ask = (page: Page, what: 'create' | 'get', options: Record<string, unknown>): Promise<any> =>
  page.evaluate(
    async ([kind, json]) => {
      const browser = globalThis as any;
      const publicKey = kind === 'create' ? browser.PublicKeyCredential.parseCreationOptionsFromJSON(json) : browser.PublicKeyCredential.parseRequestOptionsFromJSON(json);
      return (await browser.navigator.credentials[kind]({ publicKey })).toJSON();
    },
    [what, options] as const,
  );

describe.skipIf(!hasBrowser)(`a passkey, ${inABrowser},`, { timeout: 60_000 }, () => {
  let database: ServiceDatabase;
  let site: PasskeySite;
  beforeAll(async () => {
    database = await openIdentityDatabase();
    site = await PasskeySite.open();
  });
  afterAll(async () => {
    await site?.close();
    await database?.close();
  });

  it('is made and signs in, and is not made twice on one device', async () => {
    const identity = await identityOn(database.db, { WEBAUTHN_ORIGINS: [site.origin] });
    const asha = await Protected.withPassword(identity);
    const page = await site.page();
    const options = async () => answer(await identity.passkeys.options(asha.caller, { password })).options;
    answer(await identity.passkeys.add(asha.caller, { name: 'This browser', credential: await ask(page, 'create', await options()) }));
    await expect(ask(page, 'create', await options())).rejects.toThrow('InvalidStateError');

    for (let n = 0; n < 2; n++) {
      const credential = await ask(page, 'get', (await identity.passkeySignIns.options()).options);
      expect(answer(await identity.passkeySignIns.signIn({ credential })).person).toEqual(asha.session.person);
    }
  });
});
