import { identity, isRefusal } from '@mela/contracts';
import { letterTo, tokenIn } from '@mela/testkit';
import { hasBrowser, inABrowser, openBrowser } from '@mela/testkit/browser';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Api } from '../src/api.ts';
import { Started } from './started.ts';

/** What somebody does who has just started Mela, with nothing set: from the mailbox to where its links lead. */
describe.skipIf(!hasBrowser)(`the links in mails, ${inABrowser},`, { timeout: 90_000 }, () => {
  let up: Started;
  let browser: Browser;
  let api: Api;
  let addresses: { api: string; mailbox: string };
  let people = 0;
  const password = 'ferns under the bridge';

  beforeAll(async () => {
    up = Started.mela('up --ephemeral --no-seed --json');
    addresses = await up.json();
    api = new Api(addresses.api);
    browser = await openBrowser();
  }, 120_000);
  afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
  afterAll(async () => {
    await browser?.close();
    await up?.end();
  });

  async function someone() {
    const email = `asha-${++people}@mela.example`;
    const { accessToken } = await api.must(identity.register, { email, password, name: 'Asha' });
    return { email, token: accessToken };
  }

  /** Opens the newest mail of that subject in the mailbox, and follows its button to a page of its own. */
  async function follow(to: string, subject: string, action: string): Promise<Page> {
    await letterTo(addresses.mailbox, to, (letter) => letter.subject === subject);
    const page = await (await browser.newContext()).newPage();
    await page.goto(`${addresses.mailbox}/?to=${encodeURIComponent(to)}`);
    await page.getByRole('link', { name: subject }).first().click();
    const [opened] = await Promise.all([page.waitForEvent('popup'), page.frameLocator('iframe').getByRole('link', { name: action }).click()]);
    await opened.waitForLoadState();
    expect(opened.url()).toContain(`${addresses.api}/account/`);
    return opened;
  }

  const press = (page: Page, name: string) => page.getByRole('button', { name }).click();
  const heading = (page: Page, name: string) => page.getByRole('heading', { name }).waitFor();

  it('verify an address; once used they offer another, and then know that it is done', async () => {
    const asha = await someone();
    const page = await follow(asha.email, 'Is this your e-mail address?', 'Verify my address');
    const link = page.url();
    expect(await api.must(identity.me, {}, { token: asha.token })).toMatchObject({ emailVerified: false });
    await press(page, 'Verify my address');
    await heading(page, 'Your address is verified');
    expect(await api.must(identity.me, {}, { token: asha.token })).toMatchObject({ emailVerified: true });

    await page.goto(link);
    await press(page, 'Verify my address');
    await heading(page, 'This link is not good any more');
    await page.getByLabel('E-mail address').fill(asha.email);
    await page.getByLabel('Password', { exact: true }).fill('not this one');
    await press(page, 'Send a new link');
    await page.getByText('E-mail address and password do not match').waitFor();
    await page.getByLabel('Password', { exact: true }).fill(password);
    await press(page, 'Send a new link');
    await heading(page, 'Your address is verified');
  });

  it('send another for an address that is not verified yet, and leave nobody signed in', async () => {
    const asha = await someone();
    const page = await follow(asha.email, 'Is this your e-mail address?', 'Verify my address');
    await api.must(identity.verifyEmailAgain, {}, { token: asha.token });
    await press(page, 'Verify my address');
    await heading(page, 'This link is not good any more');
    await page.getByLabel('E-mail address').fill(asha.email);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await press(page, 'Send a new link');
    await heading(page, 'A new link is on its way');
    expect((await api.must(identity.sessions, {}, { token: asha.token })).items).toHaveLength(1);
    const newest = async () => tokenIn(await letterTo(addresses.mailbox, asha.email));
    await expect.poll(async () => isRefusal(await api.ask(identity.verifyEmail, { token: await newest() })), { timeout: 20_000 }).toBe(false);
  });

  it('set another password for whoever forgot theirs, which is one that is hard to guess', async () => {
    const asha = await someone();
    const asking = await (await browser.newContext()).newPage();
    await asking.goto(`${addresses.api}/account/forgot-password`);
    await asking.getByLabel('E-mail address').fill(asha.email);
    await asking.keyboard.press('Enter');
    await heading(asking, 'Look into your mailbox');

    const page = await follow(asha.email, 'Set another password', 'Choose a password');
    await page.getByLabel('New password').fill('password12345');
    await press(page, 'Set this password');
    await page.getByText('This password is easy to guess').waitFor();
    expect(await page.getByRole('status').getByRole('listitem').count()).toBeGreaterThan(0);
    await page.getByLabel('New password').fill('lantern over the harbour');
    await press(page, 'Set this password');
    await heading(page, 'You have a new password');
    expect((await api.must(identity.signIn, { email: asha.email, password: 'lantern over the harbour' })).person.email).toBe(asha.email);
  });

  it('change an address once both have confirmed it', async () => {
    const asha = await someone();
    const newEmail = `new-${asha.email}`;
    await api.must(identity.changeEmail, { password, newEmail }, { token: asha.token });
    const here = await follow(asha.email, 'Is your e-mail address to change?', 'Confirm the change');
    await press(here, 'Confirm the change');
    await heading(here, 'Confirmed here');
    const there = await follow(newEmail, 'Is this to be your e-mail address?', 'Confirm the change');
    await press(there, 'Confirm the change');
    await heading(there, 'Your address has changed');
    expect(await api.must(identity.me, {}, { token: asha.token })).toMatchObject({ email: newEmail });
  });
});
