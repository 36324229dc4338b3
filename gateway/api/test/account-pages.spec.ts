import { header, type Reply } from '@mela/bus';
import { mela, type RefusalType, TokenRefused, WeakPassword } from '@mela/contracts';
import { hasBrowser, inABrowser, openBrowser } from '@mela/testkit/browser';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Ground, jsonReply, type Gateway } from './ground.fixture.ts';

const names = ['verify-email', 'reset-password', 'confirm-email', 'forgot-password'];

let ground: Ground;
let gateway: Gateway;
beforeAll(async () => {
  ground = await Ground.open();
  await ground.hostAccounts();
  gateway = await ground.gateway({}, mela);
});
beforeEach(() => {
  ground.answers.clear();
  ground.seen.clear();
});
afterAll(() => ground?.close());

const get = (path: string, headers: Record<string, string> = {}) => fetch(gateway.address + path, { headers });
const refused = ({ code, status, title }: RefusalType, facts: object = {}): Reply => jsonReply({ status, code, title, ...facts }, {}, status);

describe('the pages that links in mails lead to', () => {
  it.each(names)('%s loads from this server alone, runs nothing inline, and tells nobody where somebody was', async (name) => {
    const response = await get(`/account/${name}`);
    expect(response.status).toBe(200);
    const policy = new Map(response.headers.get('content-security-policy')!.split(';').map((directive) => directive.split(' ')).map(([directive, ...sources]) => [directive, sources]));
    for (const directive of ['default-src', 'base-uri', 'form-action', 'frame-ancestors']) expect(policy.get(directive), directive).toEqual(["'none'"]);
    for (const directive of ['script-src', 'style-src', 'connect-src']) expect(policy.get(directive), directive).toEqual(["'self'"]);
    expect(Object.fromEntries(['cache-control', 'referrer-policy', 'x-content-type-options', 'vary'].map((field) => [field, response.headers.get(field)?.toLowerCase()])))
      .toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff', vary: expect.stringContaining('accept-language') });
    const html = await response.text();
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|https?:\/\/(?!www\.w3\.org)/);
    for (const [, address] of html.matchAll(/(?:src|href)="([^"?#]+)"/g)) if (!address!.startsWith('data:')) expect((await get(`/account/${address}`)).status, address).toBe(200);
  });

  it('use no link up by being looked at', async () => {
    for (const name of names) for (const method of ['GET', 'HEAD']) expect((await fetch(`${gateway.address}/account/${name}?token=abc`, { method })).status).toBe(200);
    expect([...ground.seen.keys()]).toEqual([]);
  });

  it.each([
    ['', { 'accept-language': 'hi-IN,en;q=0.5' }, 'hi', 'पासवर्ड भूल गए?'],
    ['?lang=ne', { 'accept-language': 'hi' }, 'ne', 'पासवर्ड बिर्सनुभयो?'],
    ['?lang=xx', {}, 'en', 'Forgot your password?'],
  ] as const)('speak the language that is asked for: %j %j', async (query, headers, language, words) => {
    const response = await get(`/account/forgot-password${query}`, headers);
    expect(response.headers.get('content-language')).toBe(language);
    const html = await response.text();
    expect(html).toContain(`<html lang="${language}">`);
    expect(html).toContain(words);
    expect(html).not.toMatch(/\{\{?\w+\}|undefined/);
  });

  it('are served while WEB_URL is these pages, and not where somebody has a web app', async () => {
    for (const [url, status] of [['https://api.mela.example/account', 200], ['https://app.mela.example', 404]] as const) {
      const { address, stop } = await ground.gateway({ WEB_URL: url }, mela);
      expect((await fetch(`${address}/account/verify-email`)).status, url).toBe(status);
      await stop();
    }
  });
});

describe.skipIf(!hasBrowser)(`a page that a link leads to, ${inABrowser},`, { timeout: 60_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
  afterAll(() => browser?.close());

  async function open(path: string, options: BrowserContextOptions = {}, address = gateway.address): Promise<{ page: Page; strayed: string[] }> {
    const page = await (await browser.newContext(options)).newPage();
    const strayed: string[] = [];
    page.on('request', (request) => void (/^data:/.test(request.url()) || request.url().startsWith(address) || strayed.push(request.url())));
    page.on('console', (message) => void (/Content Security Policy|Trusted/.test(message.text()) && strayed.push(message.text())));
    page.on('pageerror', (error) => strayed.push(String(error)));
    await page.goto(`${address}/account/${path}`);
    return { page, strayed };
  }

  const press = (page: Page, name: string) => page.getByRole('button', { name }).click();
  const heading = (page: Page, name: string) => page.getByRole('heading', { name }).waitFor();

  it('asks when its button is pressed, says what came of it, and forgets the token', async () => {
    const { page, strayed } = await open('verify-email#token=a-b_c');
    expect(ground.seen.has('verifyEmail')).toBe(false);
    expect(await page.getByLabel('Code from the mail').isVisible()).toBe(false);
    await press(page, 'Verify my address');
    await heading(page, 'Your address is verified');
    expect(JSON.parse(ground.seen.get('verifyEmail')!.body)).toEqual({ token: 'a-b_c' });
    expect(await page.evaluate<string>('document.activeElement.textContent')).toBe('Your address is verified');
    expect(page.url()).toBe(`${gateway.address}/account/verify-email`);
    expect(strayed).toEqual([]);
  });

  it('takes the code where the link brought none', async () => {
    const { page } = await open('confirm-email');
    ground.answers.set('confirmEmail', () => jsonReply({ changed: false }));
    await page.getByText('This link is not complete').waitFor();
    await page.getByLabel('Code from the mail').fill(' a-code ');
    await page.keyboard.press('Enter');
    await heading(page, 'Confirmed here');
    expect(JSON.parse(ground.seen.get('confirmEmail')!.body)).toEqual({ token: 'a-code' });
  });

  it('offers a new link where one is not good any more', async () => {
    ground.answers.set('resetPassword', () => refused(TokenRefused));
    const { page } = await open('reset-password#token=old');
    await page.getByLabel('New password').fill('ferns under the bridge');
    await press(page, 'Set this password');
    await heading(page, 'This link is not good any more');
    await page.getByLabel('E-mail address').fill('asha@mela.example');
    await press(page, 'Send a new link');
    await heading(page, 'Look into your mailbox');
    expect(JSON.parse(ground.seen.get('forgotPassword')!.body)).toEqual({ email: 'asha@mela.example' });
  });

  it('signs in to have another sent, in nobody’s browser session, and out again', async () => {
    ground.answers.set('verifyEmail', () => refused(TokenRefused));
    const token = await ground.token();
    ground.answers.set('signIn', () => jsonReply({ accessToken: token }));
    const { page, strayed } = await open('verify-email#token=old');
    await press(page, 'Verify my address');
    await page.getByLabel('E-mail address').fill('asha@mela.example');
    await page.getByLabel('Password', { exact: true }).fill('ferns under the bridge');
    await press(page, 'Send a new link');
    await heading(page, 'A new link is on its way');
    expect(ground.seen.get('verifyEmailAgain')!.headers(header.token)).toBe(`Bearer ${token}`);
    expect(ground.seen.has('signOut')).toBe(true);
    expect(await page.context().cookies()).toEqual([]);
    expect(strayed).toEqual([]);
  });

  it('says why a password is too weak, in the words of whoever looked at it, and keeps what was typed', async () => {
    ground.answers.set('resetPassword', () => refused(WeakPassword, { detail: 'This is a top-10 password', suggestions: ['Add more words', '<b>Use a longer one</b>'] }));
    const { page, strayed } = await open('reset-password#token=a');
    const field = page.getByLabel('New password');
    await field.fill('password12345');
    await page.keyboard.press('Enter');
    await page.getByText('This is a top-10 password').waitFor();
    expect(await page.getByRole('status').getByRole('listitem').allTextContents()).toEqual(['Add more words', '<b>Use a longer one</b>']);
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    expect(await field.inputValue()).toBe('password12345');
    await page.getByLabel('Show the password').check();
    expect(await field.getAttribute('type')).toBe('text');
    expect(strayed).toEqual([]);
  });

  it('says that nobody can be reached, and asks again under the same key', async () => {
    const { page } = await open('verify-email#token=a');
    const keys: (string | undefined)[] = [];
    ground.answers.set('verifyEmail', ({ headers }) => {
      keys.push(headers(header.idempotencyKey));
      return jsonReply({});
    });
    // The answer gets lost on its way, as it may anywhere.
    await page.route('**/verify-email', async (route) => {
      await route.fetch();
      await route.abort();
    }, { times: 1 });
    await press(page, 'Verify my address');
    await page.getByText('Mela cannot be reached').waitFor();
    await page.context().setOffline(true);
    await press(page, 'Verify my address');
    await page.getByText('Mela cannot be reached').waitFor();
    await page.context().setOffline(false);
    await press(page, 'Verify my address');
    await heading(page, 'Your address is verified');
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  it('says when it may be tried again, and lets nobody try before', async () => {
    const { url } = await ground.redis();
    const limited = await ground.gateway({ RATE_LIMITS: 'on', REDIS_URL: url }, mela);
    const { page } = await open('forgot-password?lang=hi', {}, limited.address);
    await page.clock.install();
    for (let sent = 0; sent < 10; sent++) await page.request.post(`${limited.address}/api/v1/identity/forgotten-password`, { data: { email: 'asha@mela.example' } });
    await page.getByLabel('ई-मेल पता').fill('asha@mela.example');
    await press(page, 'लिंक भेजें');
    await page.getByText(/\d+ (सेकंड|मिनट) बाद फिर कोशिश करें/).waitFor();
    const button = page.getByRole('button', { name: 'लिंक भेजें' });
    expect(await button.getAttribute('aria-disabled')).toBe('true');
    await button.click({ force: true });
    expect(await page.getByText(/फिर कोशिश करें/).count()).toBe(1);
    await page.clock.fastForward('01:01:00');
    await page.getByText('अब आप फिर कोशिश कर सकते हैं').waitFor();
    expect(await button.getAttribute('aria-disabled')).toBe('false');
  });

  it('gives a number to tell us of what was our fault', async () => {
    ground.answers.set('confirmEmail', () => jsonReply({ code: 'service.broken', traceId: 'a'.repeat(32) }, {}, 500));
    const { page } = await open('confirm-email#token=a');
    await press(page, 'Confirm the change');
    await page.getByText(`tell us this number: ${'a'.repeat(32)}`).waitFor();
  });

  it('speaks another language without losing the link', async () => {
    const { page } = await open('verify-email#token=kept');
    await page.getByRole('link', { name: 'नेपाली' }).click();
    await heading(page, 'आफ्नो इमेल ठेगाना पुष्टि गर्नुहोस्');
    await press(page, 'मेरो ठेगाना पुष्टि गर्ने');
    await heading(page, 'तपाईंको ठेगाना पुष्टि भयो');
    expect(JSON.parse(ground.seen.get('verifyEmail')!.body)).toEqual({ token: 'kept' });
  });

  it('needs no mouse', async () => {
    const { page } = await open('reset-password#token=a');
    const reached: string[] = [];
    for (let step = 0; step < 6; step++) {
      await page.keyboard.press('Tab');
      reached.push(await page.evaluate<string>("document.activeElement.getAttribute('name') ?? document.activeElement.getAttribute('hreflang') ?? document.activeElement.type"));
      if (step === 0) await page.keyboard.type('ferns under the bridge');
    }
    expect(reached).toEqual(['newPassword', 'checkbox', 'submit', 'en', 'ne', 'hi']);
  });

  it.each([['light', 1280], ['dark', 320]] as const)('is %s where the screen is, and fits a width of %i', async (colorScheme, width) => {
    for (const name of names) {
      const { page } = await open(`${name}?lang=ne`, { colorScheme, viewport: { width, height: 640 } });
      expect(await page.evaluate<number>('document.documentElement.scrollWidth'), name).toBe(width);
      const [, brightness] = /(\d+)/.exec(await page.evaluate<string>("getComputedStyle(document.querySelector('main')).backgroundColor"))!;
      expect(Number(brightness) > 128).toBe(colorScheme === 'light');
      expect(await page.evaluate<number>("[...document.querySelectorAll('input')].filter((input) => input.labels.length !== 1).length")).toBe(0);
    }
  });
});
