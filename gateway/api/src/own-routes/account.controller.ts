import { readFileSync } from 'node:fs';
import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { accountPages } from '../account-pages/account-pages.ts';
import { pageHtml } from '../account-pages/page-html.ts';
import { texts } from '../account-pages/texts/texts.ts';
import { sendKnown } from './send-known.ts';

/** Nothing inline, nothing from elsewhere; and what is typed goes to this server, through the page's script, or nowhere. */
const POLICY = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", 'img-src data:', "connect-src 'self'",
  "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
].join(';');

const file = (name: string): Uint8Array => readFileSync(new URL(`../../page/account/${name}`, import.meta.url));

/** Where links in mails lead while nobody names a web app of theirs. What a link proves is behind its #, so it is never seen here. */
@Controller('account')
export class AccountController {
  private readonly css = file('account.css');
  private readonly scripts = { 'account.js': file('dist/account.js'), 'asking.js': file('dist/asking.js') };

  @Get(Object.keys(accountPages))
  page(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const chosen = new URLSearchParams((request.query as { text?: string }).text).get('lang');
    const language = chosen === null ? texts.languageAccepted(request.headers['accept-language']) : texts.languageFor(chosen);
    void reply
      .header('content-security-policy', POLICY)
      .header('referrer-policy', 'no-referrer')
      .header('cache-control', 'no-store')
      .header('content-language', language)
      .header('vary', 'accept-language')
      .header('content-type', 'text/html; charset=utf-8')
      .send(pageHtml(accountPages[lastOf(request)]!, language));
  }

  @Get('account.css')
  style(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    sendKnown(request, reply, { body: this.css, type: 'text/css; charset=utf-8' });
  }

  @Get(['account.js', 'asking.js'])
  behaviour(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    sendKnown(request, reply, { body: this.scripts[lastOf(request) as keyof typeof this.scripts], type: 'text/javascript; charset=utf-8' });
  }
}

const lastOf = ({ routeOptions }: FastifyRequest): string => routeOptions.url!.slice(routeOptions.url!.lastIndexOf('/') + 1);
