import type { Wrapper } from '@mela/bus';
import {
  Forbidden, isRefusal, NotFound, NotSignedIn, NotWhileImpersonating, NotWithApiKey, reaches, reachesOnPlatform, ScopeMissing, scopeOf, type CommunityRole, type Operation, type Refusal,
} from '@mela/contracts';
import type { Memberships } from './memberships.ts';

/** Holds the caller against the contract's access rule. What a person may not see is 404, what they may not do is 403. */
export const authorised =
  (memberships: Memberships | undefined): Wrapper =>
  (next) =>
  async (exchange) => {
    const { access } = exchange.operation;
    const beyond = exchange.caller?.key && beyondKey(exchange.operation, exchange.caller.key.scopes);
    if (beyond) return beyond;
    if (access.rule === 'anyone' || access.rule === 'service') return next(exchange);
    if (!exchange.caller) return NotSignedIn();
    if (exchange.operation.inPerson && exchange.caller.actor !== undefined) return NotWhileImpersonating();
    if (access.rule === 'person') return next(exchange);
    if (access.rule === 'platform') return reachesOnPlatform(exchange.caller.role, access.atLeast) ? next(exchange) : Forbidden(`It takes the role "${access.atLeast}" or more on the platform`);
    if (!memberships) throw new Error(`${exchange.operation.id} asks for membership, and its service keeps no members`);
    const communityId = String((exchange.input as Record<string, unknown>)[access.of]);
    const denied = judge(await memberships.roleOf(communityId, exchange.caller.personId), access.atLeast);
    if (!denied) return next(exchange);
    if (!memberships.confirm || denied.status === 503) return denied;
    return judge(await memberships.confirm(communityId), access.atLeast) ?? next(exchange);
  };

/** Also what anyone may ask: to whoever is known it may be answered otherwise. */
function beyondKey(operation: Operation, scopes: readonly string[]): Refusal | undefined {
  const scope = scopeOf(operation);
  if (scope === undefined) return NotWithApiKey();
  return scopes.includes(scope) ? undefined : ScopeMissing(`It takes the scope "${scope}"`, { scope });
}

function judge(role: CommunityRole | null | Refusal, atLeast: CommunityRole): Refusal | undefined {
  if (isRefusal(role)) return role;
  if (role === null) return NotFound();
  return reaches(role, atLeast) ? undefined : Forbidden(`It takes the role "${atLeast}" or more`);
}
