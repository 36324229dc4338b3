import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium, type Browser, type Page } from 'playwright-core';

const places = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = places.find((place) => place !== undefined && existsSync(place));

export const hasBrowser = executablePath !== undefined;
/** For the title of what is skipped without one. */
export const inABrowser = hasBrowser ? 'in a browser' : 'in a browser, of which there is none here: install Chromium (Debian: apt-get install chromium), or name one in CHROMIUM';

/** A page at localhost, which browsers trust without TLS, and a browser with a device of its own. */
export class PasskeySite {
  private constructor(
    private readonly server: Server,
    private readonly browser: Browser,
  ) {}

  static async open(): Promise<PasskeySite> {
    const server = createServer((_request, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Mela</title>'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const args = ['--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP localhost 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'];
    return new PasskeySite(server, await chromium.launch({ executablePath: executablePath!, args }));
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
