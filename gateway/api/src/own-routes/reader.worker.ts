import { parentPort } from 'node:worker_threads';
import { brotliCompressSync, constants } from 'node:zlib';
import scalar from '@scalar/fastify-api-reference';
import { fastify } from 'fastify';

/**
 * Scalar's reader, one script for both documents. The package that carries it whole, and none of what it was built
 * from, is a plugin with a page of its own: it is asked for the script, once, on a server that nobody else reaches.
 */
const shelf = fastify();
await shelf.register(scalar, { routePrefix: '/docs', configuration: { url: '/' } });
const { statusCode, rawPayload: body } = await shelf.inject('/docs/js/scalar.js');
if (statusCode !== 200) throw new Error(`The reader’s package answers ${statusCode} instead of its script`);
parentPort!.postMessage({ body, brotli: brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }) });
await shelf.close();
