import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Provider from 'oidc-provider';
import { stylesheet } from '../mail/mailbox-assets.ts';
import { Accounts } from './accounts.ts';
import { IdTokens } from './id-tokens.ts';
import { providerOf, type OidcClients } from './provider.ts';
import { accountIn, BadRequest, bodyOf, orderIn } from './request-body.ts';
import { gonePage, homePage, signInPage } from './sign-in-page.ts';

const HOST = '127.0.0.1';
const POLICY = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'";

/** The provider with its pages, for people, and with accounts and tokens as JSON, for programs. */
export class OidcServer {
  readonly accounts = new Accounts();
  private readonly paths: string[] = [];
  private server: Server | undefined;
  private provider!: Provider;
  private handler: ReturnType<Provider['callback']> | undefined;
  private port: number;
  tokens!: IdTokens;

  constructor(
    private readonly clients: OidcClients,
    port = 0,
  ) {
    this.port = port;
  }

  get issuer(): string {
    return `http://${HOST}:${this.port}`;
  }

  /** Also after it was closed, and then at the same port with the same key. */
  async open(): Promise<void> {
    const server = createServer((request, response) => void this.answer(request, response));
    server.listen(this.port, HOST);
    await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
    if (this.handler) return;
    this.tokens = await IdTokens.open({ issuer: this.issuer, audience: this.clients.web.id, secret: this.clients.web.secret });
    this.provider = providerOf(this.issuer, this.clients, this.accounts, this.tokens);
    this.handler = this.provider.callback();
  }

  async close(): Promise<void> {
    const { server } = this;
    if (!server) return;
    this.server = undefined;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  /** How often a path was asked for. */
  timesAsked(path: string): number {
    return this.paths.filter((asked) => asked === path).length;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', this.issuer);
    this.paths.push(pathname);
    // A page somewhere else whose name leads here is somebody else's.
    if (request.headers.host !== new URL(this.issuer).host) return send(response, 421, 'text/plain', `The provider answers at ${this.issuer} alone`);
    try {
      if (!(await this.ours(`${request.method} ${pathname}`, request, response))) await this.handler!(request, response);
    } catch (fault) {
      send(response, fault instanceof BadRequest ? 400 : 500, 'application/json', JSON.stringify({ error: String((fault as Error).message) }));
    }
  }

  /** Whatever is not the protocol's own; answers whether this was. */
  private async ours(asked: string, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const json = (status: number, value: unknown) => send(response, status, 'application/json', JSON.stringify(value));
    if (asked === 'GET /') send(response, 200, 'text/html', homePage(this.accounts.list()));
    else if (asked === 'GET /sign-in.css') send(response, 200, 'text/css', stylesheet);
    else if (asked === 'GET /accounts') json(200, { items: this.accounts.list() });
    else if (asked === 'POST /accounts') await this.makeAccount(request, response);
    else if (asked === 'POST /id-tokens') json(201, { idToken: await this.tokens.make(orderIn(await this.jsonOf(request))) });
    else if (/^GET \/interaction\/[\w-]+$/.test(asked)) await this.ask(request, response);
    else if (/^POST \/interaction\/[\w-]+$/.test(asked)) await this.decide(request, response);
    else return false;
    return true;
  }

  private async makeAccount(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isForm = this.isForm(request);
    const account = this.accounts.put(accountIn(await bodyOf(request), isForm));
    if (isForm) response.writeHead(303, { location: '/' }).end();
    else send(response, 201, 'application/json', JSON.stringify(account));
  }

  private async ask(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const details = await this.provider.interactionDetails(request, response).catch(() => undefined);
    if (!details) return send(response, 400, 'text/html', gonePage());
    send(response, 200, 'text/html', signInPage(details.uid, String(details.params['client_id']), this.accounts.list()));
  }

  private async decide(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!(await this.provider.interactionDetails(request, response).catch(() => undefined))) return send(response, 400, 'text/html', gonePage());
    const isForm = this.isForm(request);
    const body = await bodyOf(request);
    if (body['deny'] === 'yes') return this.provider.interactionFinished(request, response, { error: 'access_denied', error_description: 'They did not want to' });
    const picked = this.accounts.find(String(body['sub'] ?? ''));
    const { sub } = picked ?? this.accounts.put(accountIn(body, isForm));
    await this.provider.interactionFinished(request, response, { login: { accountId: sub, remember: false }, consent: {} });
  }

  private isForm(request: IncomingMessage): boolean {
    const form = (request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');
    const { origin } = request.headers;
    if (form && origin !== undefined && origin !== this.issuer) throw new BadRequest('This form is of another origin');
    return form;
  }

  private jsonOf(request: IncomingMessage): Promise<Record<string, unknown>> {
    if (this.isForm(request)) throw new BadRequest('The body is to be JSON');
    return bodyOf(request);
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  if (response.headersSent) return void response.end();
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`, 'content-security-policy': POLICY, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer',
  }).end(body);
}
