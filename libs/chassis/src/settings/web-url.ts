import { z } from 'zod';

/** Where the API gateway has pages of its own, for whoever has no web app. */
export const ACCOUNT_PAGES = '/account';

export const webUrl = z
  .url({ protocol: /^https?$/ })
  .describe(`Where the pages are that links in mails lead to, such as <WEB_URL>/verify-email#token=…: a web app of yours, or the API’s own under <where the API is>${ACCOUNT_PAGES}`);

/** Whoever names no web app, or these, is served them. */
export const leadsToAccountPages = (url: string | undefined): boolean => url === undefined || new URL(url).pathname.replace(/\/+$/, '').endsWith(ACCOUNT_PAGES);
