import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

/** Names one run of one gateway: where it runs, for people, and what keeps it apart from the one before it. */
export const gatewayName = (): string => `${hostname().replace(/[^\w-]/g, '-').slice(0, 40)}-${randomBytes(4).toString('hex')}`;
