import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import { fastify } from 'fastify';

export interface Reader {
  readonly body: Uint8Array;
  readonly brotli: Uint8Array;
}

/**
 * Scalar's reader, one script for both documents. The package that carries it whole, and none of what it was built
 * from, is a plugin with a page of its own: it is asked for the script, once, on a server that nobody else reaches.
 */
export async function loadReader(): Promise<Reader> {
  const { default: scalar } = await import('@scalar/fastify-api-reference');
  const shelf = fastify();
  try {
    await shelf.register(scalar, { routePrefix: '/docs', configuration: { url: '/' } });
    const { statusCode, rawPayload: body } = await shelf.inject('/docs/js/scalar.js');
    if (statusCode !== 200) throw new Error(`The reader’s package answers ${statusCode} instead of its script`);
    return { body, brotli: await promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }) };
  } finally {
    await shelf.close();
  }
}
