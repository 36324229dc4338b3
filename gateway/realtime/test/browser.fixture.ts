import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { openBrowser } from '@mela/testkit/browser';
import type { Browser, Page } from 'playwright-core';

const PAGE = `<!doctype html><title>Mela</title><script type="module">import { MelaRealtime } from '/index.ts'; Object.assign(globalThis, { MelaRealtime });</script>`;
const client = join(import.meta.dirname, '../../../clients/typescript/src');

/** A browser, and a site whose pages have the client as its sources are, without their types. */
export class Site {
  private constructor(
    private readonly server: Server,
    private readonly browser: Browser,
  ) {}

  static async open(): Promise<Site> {
    const server = createServer((request, response) => {
      if (!request.url!.endsWith('.ts')) return response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
      return readFile(join(client, request.url!), 'utf8').then(
        (source) => response.writeHead(200, { 'content-type': 'text/javascript' }).end(stripTypeScriptTypes(source, { mode: 'transform' })),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Site(server, await openBrowser());
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async page(): Promise<Page> {
    const page = await this.browser.newPage();
    await page.goto(this.origin);
    return page;
  }

  async close(): Promise<void> {
    await this.browser.close();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
