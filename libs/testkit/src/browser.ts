import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const places = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = places.find((place) => place !== undefined && existsSync(place));

export const hasBrowser = executablePath !== undefined;
/** For the title of what is skipped without one. */
export const inABrowser = hasBrowser ? 'in a browser' : 'in a browser, of which there is none here: install Chromium (Debian: apt-get install chromium), or name one in CHROMIUM';

/** A browser that finds this machine and no other. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP localhost 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'] });
