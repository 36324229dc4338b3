import { identity } from '@mela/contracts';
import { pickAccount } from '@mela/sandbox';
import type { Act } from '@mela/testkit/chaos';
import { pkce } from '../pkce.fixture.ts';

const provider = 'sandbox';
const redirectUri = 'http://localhost:3000/signed-in';

/** By way of a provider's page, with an account that has no password here. */
export const comingFromOutside: Act = {
  name: 'sign in at a provider, and show twice what its page said',
  weight: 0.2,
  run: async (person) => {
    const nobody = person.as(undefined);
    const { codeVerifier, challenge } = pkce();
    const begun = await nobody.asks(identity.beginOutside, { provider, redirectUri, ...challenge });
    if (!begun) return;
    const { searchParams: said } = await pickAccount(new URL(begun.url), { email: `${person.name}@outside.example`, name: person.name });
    const [code, iss] = [said.get('code')!, said.get('iss')];
    const cameBack = { provider, state: begun.state, codeVerifier, code, ...(iss === null ? {} : { iss }) };
    await Promise.all([1, 2].map(() => nobody.asks(identity.finishOutside, cameBack)));
  },
};
