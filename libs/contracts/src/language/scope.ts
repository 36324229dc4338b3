import type { Catalogue } from './catalogue.ts';
import type { Operation } from './operation.ts';

/**
 * What an API key is to be given so that it may ask this: to read what a service answers, or to have it change something. Undefined
 * where no key may: what a person does alone, what makes or ends a sign-in, and what it takes a role on the platform for.
 */
export function scopeOf({ service, kind, access, byKey, session }: Operation): string | undefined {
  const takesARole = access.rule === 'platform' && access.atLeast !== 'member';
  if (access.rule === 'service' || takesARole || !byKey || session !== undefined) return undefined;
  return `${service}:${kind === 'query' ? 'read' : 'write'}`;
}

/** Every scope there is, in alphabetical order. */
export const scopesOf = ({ operations }: Pick<Catalogue, 'operations'>): readonly string[] =>
  [...new Set([...operations.values()].flatMap((operation) => scopeOf(operation) ?? []))].toSorted();
