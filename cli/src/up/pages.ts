import { ACCOUNT_PAGES, type Environment } from '@mela/chassis';
import { defaultPorts } from './ports.ts';

const EVERYWHERE = new Set(['0.0.0.0', '::']);

/** Where links in mails lead while nobody names a web app: to the pages of the API that listens there. */
export function pagesOf({ API_HOST: host = '127.0.0.1', API_PORT: port = defaultPorts['API_PORT'] }: Environment): string {
  const reached = EVERYWHERE.has(host) ? '127.0.0.1' : host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}${ACCOUNT_PAGES}`;
}
