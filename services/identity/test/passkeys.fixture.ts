import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openBrowser } from '@mela/testkit/browser';
import type { Browser, Page } from 'playwright-core';

/** A page at localhost, which browsers trust without TLS, and a browser with a device of its own. */
export class PasskeySite {
  private constructor(
    private readonly server: Server,
    private readonly browser: Browser,
  ) {}

  static async open(): Promise<PasskeySite> {
    const server = createServer((_request, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Mela</title>'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new PasskeySite(server, await openBrowser());
  }

  get origin(): string {
    return `http://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  /** Its device answers at once that the right finger was there. */
  async page(): Promise<Page> {
    const page = await this.browser.newPage();
    await page.goto(this.origin);
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('WebAuthn.enable');
    await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
    });
    return page;
  }

  async close(): Promise<void> {
    await this.browser.close();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
