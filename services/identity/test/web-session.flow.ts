import { identity } from '@mela/contracts';
import { openWorld, sendOperation } from '@mela/testkit';
import { afterEach, expect, it } from 'vitest';

const world = openWorld();
afterEach(() => world.rest());

/** What a browser does with cookies, as far as one page of one site goes. */
class Browser {
  private readonly cookies = new Map<string, string>();

  async send(operation: Parameters<typeof sendOperation>[1], input: Record<string, unknown> = {}): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await sendOperation(world.addresses.api, operation, input, { headers: { 'mela-session': 'cookie', ...(cookie === '' ? {} : { cookie }) } });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value, maxAge] = /^([^=]+)=([^;]*); Max-Age=(\d+);/.exec(line)!;
      if (maxAge === '0') this.cookies.delete(name!);
      else this.cookies.set(name!, value!);
    }
    return response;
  }

  forget(name: string): void {
    this.cookies.delete(name);
  }

  get held(): readonly string[] {
    return [...this.cookies.keys()];
  }
}

it('a page signs in, goes on when its access token is over, and signs out, and never sees a token', async () => {
  const asha = await world.someone('Asha');
  const browser = new Browser();
  const signedIn = await browser.send(identity.signIn, { email: asha.email, password: asha.password, device: 'Asha’s laptop' });
  expect(await signedIn.json()).toEqual({ person: asha.session.person, expiresAt: expect.any(String) });
  expect(await (await browser.send(identity.me)).json()).toEqual(asha.session.person);

  browser.forget('__Host-mela-access');
  expect((await browser.send(identity.me)).status).toBe(401);
  expect((await browser.send(identity.refresh)).status).toBe(200);
  expect(await (await browser.send(identity.sessions)).json()).toMatchObject({ items: [{ device: 'Asha’s laptop', isCurrent: true }, { isCurrent: false }] });

  expect(await (await browser.send(identity.signOut)).json()).toEqual({ ended: 1 });
  expect(browser.held).toEqual([]);
});

it('a page that comes back when its access token is over signs out at once, and its session ends', async () => {
  const asha = await world.someone('Asha');
  const browser = new Browser();
  await browser.send(identity.signIn, { email: asha.email, password: asha.password, device: 'Asha’s laptop' });
  browser.forget('__Host-mela-access');
  expect(await (await browser.send(identity.signOut)).json()).toEqual({ ended: 1 });
  expect(browser.held).toEqual([]);
  expect((await asha.asks(identity.sessions, {})).items.map(({ device }) => device)).toEqual([null]);
});

it('a page whose session ended elsewhere is told so, and holds nothing after it asked to go on', async () => {
  const asha = await world.someone('Asha');
  const browser = new Browser();
  await browser.send(identity.signIn, { email: asha.email, password: asha.password });
  await asha.asks(identity.signOut, { everywhere: true });
  await expect.poll(async () => (await browser.send(identity.me)).status).toBe(401);
  expect((await browser.send(identity.refresh)).status).toBe(401);
  expect(browser.held).toEqual([]);
});

it('two tabs that go on at once are both signed in afterwards', async () => {
  const asha = await world.someone('Asha');
  const browser = new Browser();
  await browser.send(identity.signIn, { email: asha.email, password: asha.password });
  const answers = await Promise.all(Array.from({ length: 50 }, () => browser.send(identity.refresh)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect((await browser.send(identity.me)).status).toBe(200);
});
