import { readFileSync } from 'node:fs';
import { encodeJson } from '@mela/bus';
import { API_PREFIX, asyncapi, openapi, postman, type Catalogue } from '@mela/contracts';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { gateway } from '../batch/batch.contract.ts';
import { sendKnown } from './send-known.ts';

export const CATALOGUE = Symbol('mela.catalogue');

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

interface Written {
  readonly openapi: Uint8Array;
  readonly postman: Uint8Array;
}

/** What can be asked and what happens, read from the same contracts that the routes are made of. */
@Controller()
export class DocumentsController {
  /** Written once for each address that is used in turn, which is nearly always one. */
  private latest: { readonly origin: string; readonly written: Written } | undefined;
  private asyncapiBody: Uint8Array | undefined;

  constructor(@Inject(CATALOGUE) private readonly catalogue: Catalogue) {}

  @Get()
  index(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const links = { docs: '/docs', openapi: `${API_PREFIX}/openapi.json`, asyncapi: `${API_PREFIX}/asyncapi.json`, postman: '/docs/postman.json', health: '/health' };
    sendKnown(request, reply, { body: encodeJson({ name: 'Mela', version, links }) });
  }

  @Get(`${API_PREFIX}/openapi.json`)
  openapi(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    sendKnown(request, reply, { body: this.writtenFor(request).openapi });
  }

  @Get('docs/postman.json')
  postman(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    sendKnown(request, reply, { body: this.writtenFor(request).postman });
  }

  @Get(`${API_PREFIX}/asyncapi.json`)
  asyncapi(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.asyncapiBody ??= encodeJson(asyncapi(this.catalogue, { version }));
    sendKnown(request, reply, { body: this.asyncapiBody });
  }

  /** Whoever reads it has reached the API, so its address is the one they used. */
  private writtenFor(request: FastifyRequest): Written {
    const origin = originOf(request);
    if (this.latest?.origin !== origin) {
      const document = this.describe(origin);
      this.latest = { origin, written: { openapi: encodeJson(document), postman: encodeJson(postman(document)) } };
    }
    return this.latest.written;
  }

  private describe(origin: string) {
    const document = openapi(this.catalogue, { version, servers: [origin] });
    const paths = document['paths'] as Record<string, Record<string, { security: object[] }>>;
    // It needs no token, but those that its reads may need are its own.
    paths[gateway.batch.http!.path]!['post']!.security = [{ accessToken: [] }, {}];
    return document;
  }
}

function originOf({ protocol, host }: FastifyRequest): string {
  const address = `${protocol}://${host}`;
  return URL.canParse(address) ? new URL(address).origin : '/';
}
