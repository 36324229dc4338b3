import { request } from 'node:http';
import { identity, SessionOpenedElsewhere } from '@mela/contracts';
import { askOperation, letterTo, lettersTo, openWorld, tokenIn } from '@mela/testkit';
import { afterEach, describe, expect, it } from 'vitest';

const world = openWorld();
afterEach(() => world.rest());

const { api, mailbox } = world.addresses;

/** From another of this machine's own addresses: a place where nobody has been yet. */
function signInFrom(localAddress: string, body: object): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(new URL(identity.signIn.http!.path, api), { method: 'POST', localAddress, headers: { 'content-type': 'application/json' } }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode));
    });
    sent.once('error', reject).end(JSON.stringify(body));
  });
}

// Elsewhere than on Linux 127.0.0.1 is the one address that a machine has by itself.
describe.runIf(process.platform === 'linux')('whoever signs in where they never did', () => {
  it('is written to, once for each place, in their language and by their clocks, and what they call the device stands in it', async () => {
    const asha = await world.someone('Asha');
    await askOperation(api, identity.verifyEmail, { token: tokenIn(await letterTo(mailbox, asha.email)) });
    await asha.asks(identity.changeProfile, { locale: 'hi', timeZone: 'Asia/Kathmandu' });
    const screen = await asha.opensScreen();
    const { email, password } = asha;
    for (let time = 0; time < 2; time++) expect(await signInFrom('127.0.0.77', { email, password, device: 'Library <3>' })).toBe(200);
    await expect(screen).toHear(SessionOpenedElsewhere, { userId: asha.id });

    const letter = await letterTo(mailbox, email, ({ subject }) => subject === 'नई जगह से साइन इन');
    expect(letter).toMatchObject({ language: 'hi', to: [email] });
    expect(letter.text).toContain('Library <3>');
    expect(letter.text).toContain('GMT+5:45');
    expect(letter.html).toContain('Library &lt;3&gt;');
    expect(letter.text).toMatch(/^https?:\/\/.+\/forgot-password$/m);
    expect(letter.text + letter.html).not.toContain('127.0.0.77');

    expect(await signInFrom('127.0.0.78', { email, password })).toBe(200);
    await letterTo(mailbox, email, ({ text }) => text.includes('बिना नाम का उपकरण'));
    const told = (await lettersTo(mailbox, email)).filter(({ subject }) => subject === letter.subject);
    expect(new Set(told.map(({ messageId }) => messageId)).size).toBe(2);
  });
});
