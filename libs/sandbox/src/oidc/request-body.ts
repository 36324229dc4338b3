import type { IncomingMessage } from 'node:http';
import type { AccountDraft } from './accounts.ts';
import { signers, type TokenOrder } from './id-tokens.ts';

const LARGEST = 64 * 1024;

export class BadRequest extends Error {}

/** A form or JSON. A page of another origin can send the first, which is why only this one's pages' forms are taken. */
export async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST) throw new BadRequest('The body is too large');
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  const type = request.headers['content-type'] ?? '';
  if (type.startsWith('application/x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(text));
  try {
    const body: unknown = type.startsWith('application/json') ? JSON.parse(text) : undefined;
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw new BadRequest('The body is to be a form, or an object as JSON');
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined);

export function accountIn(body: Record<string, unknown>, isForm: boolean): AccountDraft {
  const email = textOf(body['email']);
  if (email === undefined || !/^[^@\s]+@[^@\s]+$/.test(email)) throw new BadRequest('email is to be an address');
  const [sub, name] = [textOf(body['sub']), textOf(body['name'])];
  // A box that is not ticked is not sent.
  const verified = isForm ? body['email_verified'] === 'true' : body['email_verified'];
  return { email, ...(sub === undefined ? {} : { sub }), ...(name === undefined ? {} : { name }), ...(typeof verified === 'boolean' ? { email_verified: verified } : {}) };
}

export function orderIn(body: Record<string, unknown>): TokenOrder {
  const { claims = {}, signedWith = 'provider', typ } = body;
  if (typeof claims !== 'object' || claims === null) throw new BadRequest('claims is to be an object');
  const signer = signers.find((known) => known === signedWith);
  if (signer === undefined) throw new BadRequest(`signedWith is to be one of ${signers.join(', ')}`);
  return { claims: claims as Record<string, unknown>, signedWith: signer, ...(typeof typ === 'string' ? { typ } : {}) };
}
