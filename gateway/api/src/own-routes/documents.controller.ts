import { readFileSync } from 'node:fs';
import { API_PREFIX, asyncapi, openapi, type Catalogue } from '@mela/contracts';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { encodeJson } from '@mela/bus';
import { entityTag, heldTag } from '../reads/entity-tag.ts';

export const CATALOGUE = Symbol('mela.catalogue');

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

/** What can be asked and what happens, read from the same contracts that the routes are made of. */
@Controller()
export class DocumentsController {
  private openapiDocument: Record<string, unknown> | undefined;
  private asyncapiDocument: Record<string, unknown> | undefined;

  constructor(@Inject(CATALOGUE) private readonly catalogue: Catalogue) {}

  @Get()
  index(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const links = { openapi: `${API_PREFIX}/openapi.json`, asyncapi: `${API_PREFIX}/asyncapi.json`, health: '/health' };
    send(request, reply, { name: 'Mela', version, links });
  }

  @Get(`${API_PREFIX}/openapi.json`)
  openapi(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.openapiDocument ??= openapi(this.catalogue, { version, servers: [] });
    // Whoever reads it has reached the API, so its address is the one they used.
    send(request, reply, { ...this.openapiDocument, servers: [{ url: originOf(request) }] });
  }

  @Get(`${API_PREFIX}/asyncapi.json`)
  asyncapi(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.asyncapiDocument ??= asyncapi(this.catalogue, { version });
    send(request, reply, this.asyncapiDocument);
  }
}

const originOf = ({ protocol, host }: FastifyRequest): string => (URL.canParse(`${protocol}://${host}`) ? new URL(`${protocol}://${host}`).origin : '/');

function send(request: FastifyRequest, reply: FastifyReply, value: object): void {
  const body = encodeJson(value);
  const tag = entityTag(body);
  const held = heldTag(request.headers['if-none-match'], tag);
  reply.header('cache-control', 'no-cache').header('etag', held ?? tag);
  if (held === undefined) void reply.header('content-type', 'application/json').send(body);
  else void reply.code(304).send();
}
