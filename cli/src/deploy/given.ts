/**
 * docker compose reads the same `.env` as Mela itself. Under names of their own its secrets cannot become those of a
 * development instance in the same folder, which has sealed its keys with others.
 */
export const asGiven = (name: string): string => `STACK_${name}`;

/** What a compose file asks the `.env` beside it for. Without it nothing starts. */
export const given = (name: string, how = 'make it with: npx mela deploy secrets'): string => `\${${asGiven(name)}:?${how}}`;

/** What a compose file takes from there if somebody has set it. */
export const givenOr = (name: string, fallback: string): string => `\${${asGiven(name)}:-${fallback}}`;

export const partPasswords = { postgres: 'POSTGRES_PASSWORD', redis: 'REDIS_PASSWORD' } as const;
