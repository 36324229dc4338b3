import { mela } from '@mela/contracts';
import { hasBrowser, inABrowser, openBrowser } from '@mela/testkit/browser';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Ground, type Gateway } from './ground.fixture.ts';

describe.skipIf(!hasBrowser)(`the page of the documents, ${inABrowser},`, { timeout: 60_000 }, () => {
  let ground: Ground;
  let whole: Gateway;
  let shelf: Gateway;
  let browser: Browser;

  beforeAll(async () => {
    ground = await Ground.open();
    whole = await ground.gateway({}, mela);
    shelf = await ground.gateway();
    browser = await openBrowser();
  });
  afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
  afterAll(async () => {
    await browser?.close();
    await ground?.close();
  });

  interface Opened {
    page: Page;
    /** Everything that was asked of anybody else, or refused by the page's policy. */
    strayed: string[];
  }

  async function open(address: string, options: BrowserContextOptions = {}): Promise<Opened> {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const strayed: string[] = [];
    const { origin } = new URL(address);
    page.on('request', (request) => {
      if (!request.url().startsWith(`${origin}/`) && !/^(?:data|blob):/.test(request.url())) strayed.push(request.url());
    });
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) strayed.push(message.text());
    });
    page.on('pageerror', (error) => strayed.push(String(error)));
    await page.goto(address);
    return { page, strayed };
  }

  const heading = (page: Page, text: string) => page.getByRole('heading', { name: text }).first();

  it('shows what can be asked and, one step on, what happens; nothing of it comes from elsewhere', async () => {
    const { page, strayed } = await open(`${whole.address}/docs`);
    await heading(page, 'communities').waitFor();
    await page.getByRole('navigation', { name: 'Documents' }).getByRole('link', { name: 'Events' }).click();
    await heading(page, 'topics').waitFor();
    expect(page.url()).toContain(`${whole.address}/docs?events`);
    expect(await page.getByRole('link', { name: 'Events' }).getAttribute('aria-current')).toBe('page');
    await page.goBack();
    await heading(page, 'gateway').waitFor();
    expect(strayed).toEqual([]);
  });

  it('leads from a request to the event that it tells, and back', async () => {
    const { page, strayed } = await open(`${whole.address}/docs#tag/communities/communities.createPost`);
    await page.getByRole('link', { name: 'post.created', exact: true }).first().click();
    await page.getByText('evt.post.created.{shard}').first().waitFor();
    await page.getByRole('link', { name: 'communities.createPost' }).first().click();
    await heading(page, 'Publish a post in a community').waitFor();
    expect(page.url()).toBe(`${whole.address}/docs#tag/communities/communities.createPost`);
    expect(strayed).toEqual([]);
  });

  it('sends a request with the token that it is given', async () => {
    const { page, strayed } = await open(`${shelf.address}/docs#tag/shelf/shelf.mine`);
    await page.getByPlaceholder('Token').first().fill(await ground.token());
    await page.locator('[id$="shelf.mine"]').getByRole('button', { name: /Test Request/ }).click();
    const [answer] = await Promise.all([page.waitForResponse(/\/api\/v1\/mine$/), page.getByRole('button', { name: /^Send get request/ }).click()]);
    expect(answer.status()).toBe(200);
    expect(await answer.json()).toEqual({ input: {} });
    expect(strayed).toEqual([]);
  });

  it('gives every document to take away', async () => {
    const { page } = await open(`${whole.address}/docs`);
    for (const [name, file] of [['OpenAPI', 'mela.openapi.json'], ['AsyncAPI', 'mela.asyncapi.json'], ['Postman', 'mela.postman_collection.json']]) {
      await page.getByText('Download', { exact: true }).click();
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: new RegExp(`^${name}`) }).click()]);
      expect(download.suggestedFilename()).toBe(file);
    }
  });

  it.each([['light', 1440], ['dark', 320]] as const)('is %s where the screen is, and fits a width of %i', async (colorScheme, width) => {
    const { page, strayed } = await open(`${whole.address}/docs`, { colorScheme, viewport: { width, height: 800 } });
    await heading(page, 'Mela').waitFor();
    const wide = await page.evaluate<number>('document.documentElement.scrollWidth');
    const brightness = await page.evaluate<number[]>("['body', '.mela-bar', '.scalar-app'].map((place) => Number(/\\d+/.exec(getComputedStyle(document.querySelector(place)).backgroundColor)[0]))");
    expect(wide).toBe(width);
    for (const one of brightness) expect(one > 128).toBe(colorScheme === 'light');
    expect(await page.getByRole('link', { name: 'Mela' }).isVisible()).toBe(true);
    expect(strayed).toEqual([]);
  });
});
