import { readFileSync } from 'node:fs';
import { encodeJson } from '@mela/bus';
import { API_PREFIX, asyncapi, openapi, type Catalogue } from '@mela/contracts';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { entityTag, heldTag } from '../reads/entity-tag.ts';

export const CATALOGUE = Symbol('mela.catalogue');

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

/** What can be asked and what happens, read from the same contracts that the routes are made of. */
@Controller()
export class DocumentsController {
  /** Written once for each address that is used in turn, which is nearly always one. */
  private openapiAt: { readonly origin: string; readonly body: Uint8Array } | undefined;
  private asyncapiBody: Uint8Array | undefined;

  constructor(@Inject(CATALOGUE) private readonly catalogue: Catalogue) {}

  @Get()
  index(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const links = { openapi: `${API_PREFIX}/openapi.json`, asyncapi: `${API_PREFIX}/asyncapi.json`, health: '/health' };
    send(request, reply, encodeJson({ name: 'Mela', version, links }));
  }

  @Get(`${API_PREFIX}/openapi.json`)
  openapi(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    // Whoever reads it has reached the API, so its address is the one they used.
    const origin = originOf(request);
    if (this.openapiAt?.origin !== origin) this.openapiAt = { origin, body: encodeJson(openapi(this.catalogue, { version, servers: [origin] })) };
    send(request, reply, this.openapiAt.body);
  }

  @Get(`${API_PREFIX}/asyncapi.json`)
  asyncapi(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.asyncapiBody ??= encodeJson(asyncapi(this.catalogue, { version }));
    send(request, reply, this.asyncapiBody);
  }
}

function originOf({ protocol, host }: FastifyRequest): string {
  const address = `${protocol}://${host}`;
  return URL.canParse(address) ? new URL(address).origin : '/';
}

function send(request: FastifyRequest, reply: FastifyReply, body: Uint8Array): void {
  const tag = entityTag(body);
  const held = heldTag(request.headers['if-none-match'], tag);
  reply.header('cache-control', 'no-cache').header('etag', held ?? tag);
  if (held === undefined) void reply.header('content-type', 'application/json').send(body);
  else void reply.code(304).send();
}
