import { constants } from 'node:zlib';
import compress from '@fastify/compress';
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';
import { tagCoding } from '../reads/entity-tag.ts';
import type { ApiSettings } from '../settings.ts';

const READABLE = [
  'Content-Disposition', 'ETag', 'Idempotency-Replayed', 'Mela-Cursor', 'RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset', 'Retry-After', 'Trace-Id', 'X-Request-Id',
];
const SENDABLE = ['Authorization', 'Accept-Language', 'Content-Type', 'Idempotency-Key', 'If-None-Match', 'Mela-Session', 'Traceparent'];

/** What every answer gets, whoever gives it. To be called before the first route is made. */
export async function protect(server: FastifyInstance, { CORS_ORIGINS }: ApiSettings): Promise<void> {
  await server.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
  });
  if (CORS_ORIGINS.length > 0) {
    const allowed = new Set(CORS_ORIGINS);
    await server.register(cors, {
      // Answered by a function, because a list would still send a foreign origin some of the headers.
      origin: (origin, answer) => answer(null, origin !== undefined && allowed.has(origin)),
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      // For pages whose session lies in cookies.
      credentials: true,
      allowedHeaders: SENDABLE,
      exposedHeaders: READABLE,
      maxAge: 600,
      strictPreflight: false,
    });
  }
  await server.register(compress, {
    threshold: 1024,
    encodings: ['br', 'gzip'],
    globalDecompression: false,
    // Made anew for every answer: the best quality, which is the default, costs more than the service that answered.
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } },
    zlibOptions: { level: 2 },
  });
  // After the compression, which adds itself to each route in the same way.
  server.addHook('onRoute', (route) => {
    route.onSend = [route.onSend ?? [], async (_request: unknown, reply: Parameters<typeof tagCoding>[0]) => tagCoding(reply)].flat();
  });
}
