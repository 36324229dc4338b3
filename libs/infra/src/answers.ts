import type { PartName } from './part.ts';

/** What a part said when it was asked. */
export interface Answer {
  version: string;
}

/** The setting that names each part, and how people call it. */
export const settings = {
  postgres: { label: 'PostgreSQL', setting: 'DATABASE_ADMIN_URL', scheme: /^postgres(ql)?:$/, example: 'postgres://user:password@host:5432/postgres', oldest: '15' },
  nats: { label: 'NATS', setting: 'NATS_URL', scheme: /^(nats|tls):$/, example: 'nats://user:password@host:4222', oldest: '2.10' },
  redis: { label: 'Redis', setting: 'REDIS_URL', scheme: /^rediss?:$/, example: 'redis://:password@host:6379', oldest: '6.2' },
} as const satisfies Record<PartName, { label: string; setting: string; scheme: RegExp; example: string; oldest: string }>;

/** "2.10.27" is at least "2.10", "2.9.10" is not. */
export function atLeast(version: string, oldest: string): boolean {
  const [have, want] = [version, oldest].map((text) => text.split('.').map((part) => Number.parseInt(part, 10) || 0)) as [number[], number[]];
  for (let i = 0; i < want.length; i++) {
    const difference = (have[i] ?? 0) - (want[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** Where a URL leads, for people: no password, no parameters. */
export function place(url: string): string {
  return addresses(url).map((address) => new URL(address).host || 'a local socket').join(', ');
}

/** A NATS URL may name several servers of one cluster. */
export function addresses(url: string): string[] {
  return url.split(',').map((address) => address.trim()).filter(Boolean);
}

/** A driver's words may repeat what it was given. */
export function withoutSecrets(text: string, url: string): string {
  const secrets = addresses(url).flatMap((address) => {
    const { username, password } = new URL(address);
    const secret = password || username;
    return secret === '' ? [] : [secret, decoded(secret)];
  });
  return secrets.reduce((clean, secret) => clean.replaceAll(secret, '***'), text);
}

/** A part of a URL as it was meant; as it stands where it is not properly encoded. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
