import { readFileSync } from 'node:fs';
import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { loadReader, type Reader } from './reader.ts';
import { sendKnown } from './send-known.ts';

/**
 * Everything comes from here and goes here, so that the page works without a network and tells nobody that it is read.
 * The reader writes its styles itself, some of them into attributes: those alone are taken inline.
 */
const POLICY = [
  "default-src 'none'", "script-src 'self'", "style-src 'self' 'unsafe-inline'", "img-src 'self' data: blob:", "font-src 'self' data:", "connect-src 'self'",
  "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
].join(';');

const page = (name: string): Uint8Array => readFileSync(new URL(`../../page/${name}`, import.meta.url));

/** The documents for people: what can be asked and what happens, on one page. */
@Controller('docs')
export class DocsController {
  private readonly html = page('docs.html');
  private readonly css = page('docs.css');
  private readonly script = page('docs.js');
  /** Some megabytes, that only a process holds in which somebody reads. */
  private reader: Promise<Reader> | undefined;

  @Get()
  docs(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    reply.header('content-security-policy', POLICY);
    sendKnown(request, reply, { body: this.html, type: 'text/html; charset=utf-8' });
  }

  @Get('docs.css')
  style(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    sendKnown(request, reply, { body: this.css, type: 'text/css; charset=utf-8' });
  }

  @Get('docs.js')
  behaviour(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    sendKnown(request, reply, { body: this.script, type: 'text/javascript; charset=utf-8' });
  }

  @Get('reader.js')
  async readerScript(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendKnown(request, reply, { ...(await this.readerOnce()), type: 'text/javascript; charset=utf-8' });
  }

  private readerOnce(): Promise<Reader> {
    this.reader ??= loadReader().catch((error: unknown) => {
      // Whoever asks next tries again.
      this.reader = undefined;
      throw error;
    });
    return this.reader;
  }
}
