import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

export interface Reader {
  readonly body: Uint8Array;
  readonly brotli: Uint8Array;
}

/** In a thread of its own, which takes along the tens of megabytes that it cost, and holds up nobody's request. */
export function loadReader(): Promise<Reader> {
  const thread = new Worker(new URL(`./reader.worker${extname(import.meta.url)}`, import.meta.url));
  return new Promise((resolve, reject) => {
    thread.once('message', resolve);
    thread.once('error', reject);
    thread.once('exit', () => reject(new Error('The thread that was to load the reader ended without it')));
  });
}
