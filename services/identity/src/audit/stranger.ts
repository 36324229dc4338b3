import { createHmac } from 'node:crypto';

const DIGEST_CHARS = 16;

/** Tells whether two attempts were at the same address, and not which: without the key nobody can try addresses against it. */
export const strangerOf = (key: Buffer, email: string): string => createHmac('sha256', key).update(email).digest('base64url').slice(0, DIGEST_CHARS);
