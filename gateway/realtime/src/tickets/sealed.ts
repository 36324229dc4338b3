import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

const TICKET_BYTES = 24;
const CIPHER = 'aes-256-gcm';
const TAG_BYTES = 16;

export const newTicket = (): string => randomBytes(TICKET_BYTES).toString('base64url');

/** Under which a ticket is kept: whoever reads the list of what is kept cannot use any of it. */
export const keptAs = (ticket: string): string => createHash('sha256').update(ticket).digest('base64url');

/** Readable with the ticket alone, which is kept nowhere. */
export function sealed(ticket: string, value: object): Uint8Array {
  // A key that is used once needs no nonce of its own.
  const cipher = createCipheriv(CIPHER, ...keyOf(ticket));
  return Buffer.concat([cipher.update(JSON.stringify(value)), cipher.final(), cipher.getAuthTag()]);
}

export function unsealed(ticket: string, kept: Uint8Array): unknown {
  const decipher = createDecipheriv(CIPHER, ...keyOf(ticket));
  decipher.setAuthTag(kept.subarray(-TAG_BYTES));
  return JSON.parse(Buffer.concat([decipher.update(kept.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8'));
}

function keyOf(ticket: string): [key: Buffer, nonce: Buffer] {
  const derived = Buffer.from(hkdfSync('sha256', ticket, '', 'mela realtime ticket', 44));
  return [derived.subarray(0, 32), derived.subarray(32)];
}
