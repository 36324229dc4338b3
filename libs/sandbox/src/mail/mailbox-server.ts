import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { script, stylesheet } from './mailbox-assets.ts';
import { listPage, mailPage, missingPage } from './mailbox-page.ts';
import type { Mailbox } from './mailbox.ts';

const HOST = '127.0.0.1';
const OURS = new Set(['127.0.0.1', 'localhost', '[::1]']);
const POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/** What a mail brings along is shown, and nothing is fetched, run or sent for it. Its links open beside the mailbox, as a reader of mail has it. */
const POLICY_OF_MAILS = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'";

interface Answer {
  readonly status?: number;
  readonly type: string;
  readonly body: string;
  readonly policy?: string;
}

/** The mailbox, for people as pages and for programs as JSON: `GET /mails?to=`. */
export class MailboxServer {
  private constructor(
    private readonly server: Server,
    readonly address: string,
  ) {}

  static async listen(mailbox: Mailbox, port: number): Promise<MailboxServer> {
    const server = createServer((request, response) => {
      const { status = 200, type, body, policy = POLICY } = answerTo(mailbox, request.method ?? 'GET', request.url ?? '/', request.headers.host);
      response.writeHead(status, {
        'content-type': type, 'content-security-policy': policy, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer',
      }).end(body);
    });
    server.listen(port, HOST);
    await once(server, 'listening');
    return new MailboxServer(server, `http://${HOST}:${(server.address() as AddressInfo).port}`);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function answerTo(mailbox: Mailbox, method: string, target: string, host: string | undefined): Answer {
  // A page somewhere else whose name leads here would read one-time links.
  if (!OURS.has((host ?? '').replace(/:\d+$/, ''))) return { status: 421, ...text('This mailbox answers at 127.0.0.1 alone') };
  if (method !== 'GET') return { status: 405, ...text('There is only reading here') };
  if (!URL.canParse(target, 'http://mailbox')) return { status: 404, ...html(missingPage()) };
  const { pathname, searchParams } = new URL(target, 'http://mailbox');
  const to = searchParams.get('to') ?? '';
  if (pathname === '/') return html(listPage(mailbox.list(to), to));
  if (pathname === '/mails') return json({ items: mailbox.list(to) });
  if (pathname === '/latest') return json({ id: mailbox.list(to)[0]?.id ?? null });
  if (pathname === '/mailbox.css') return { type: 'text/css; charset=utf-8', body: stylesheet };
  if (pathname === '/mailbox.js') return { type: 'text/javascript; charset=utf-8', body: script };
  const [, place, id = ''] = pathname.split('/');
  const mail = mailbox.find(id);
  if (mail && place === 'read') return html(mailPage(mail));
  if (mail && place === 'html') return { ...html(opensBeside(mail.html)), policy: POLICY_OF_MAILS };
  return { status: 404, ...html(missingPage()) };
}

/** In a frame that shows nothing else, a link would lead nowhere. */
const opensBeside = (mail: string): string => (/<head[^>]*>/i.test(mail) ? mail.replace(/<head[^>]*>/i, '$&<base target="_blank">') : `<base target="_blank">${mail}`);

const html = (body: string): Answer => ({ type: 'text/html; charset=utf-8', body });
const text = (body: string): Answer => ({ type: 'text/plain; charset=utf-8', body });
const json = (value: unknown): Answer => ({ type: 'application/json', body: JSON.stringify(value) });
