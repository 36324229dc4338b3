import { z } from 'zod';
import { person } from '../language/access.ts';
import { perUser } from '../language/limit.ts';
import { Id, Instant } from '../language/models.ts';
import { command, query } from '../language/operation.ts';
import { refusal } from '../language/refusal.ts';
import { OutsideFlowRefused, OutsideProof, OutsideProvider, OutsideTokenRefused } from './outside.ts';
import { byItsOwner, toldByMail, unlessByItsOwner } from './owner-proof.ts';
import { LastWayIn, Suspended } from './person.ts';
import { UserWaysInChanged } from './ways-in.ts';

/** A provider that vouches for the caller. */
export const OutsideLink = z.object({ id: Id, provider: z.string(), linkedAt: Instant, lastUsedAt: Instant });
export type OutsideLink = z.output<typeof OutsideLink>;

export const LinkedElsewhere = refusal('identity.outside_linked_elsewhere', 409, 'This account at the provider signs in somebody else here', 'Unlink it there first');
export const OutsideLinkUnknown = refusal('identity.outside_link_unknown', 404, 'You have no such link');

export const outsideLinkOperations = {
  linkOutside: command({
    summary: 'Let a provider vouch for the caller from now on: with an ID token, or with what its page sent the browser back with',
    http: 'POST /identity/outside/:provider/link',
    access: person,
    limit: toldByMail,
    input: z.object({ ...byItsOwner, provider: OutsideProvider, proof: OutsideProof }),
    output: OutsideLink,
    refusals: [...unlessByItsOwner, OutsideTokenRefused, OutsideFlowRefused, LinkedElsewhere, Suspended],
    emits: [UserWaysInChanged],
    inPerson: true,
  }),
  outsideLinks: query({
    summary: 'The providers that vouch for the caller, and whether they have a password besides',
    http: 'GET /identity/outside',
    access: person,
    limit: perUser(120, '1m'),
    input: z.object({}),
    output: z.object({ items: z.array(OutsideLink), hasPassword: z.boolean() }),
  }),
  unlinkOutside: command({
    summary: 'Let a provider vouch for the caller no more; the last way in stays',
    http: 'DELETE /identity/outside/:linkId',
    access: person,
    limit: perUser(30, '1m'),
    input: z.object({ linkId: Id }),
    output: z.object({ unlinked: Id }),
    refusals: [OutsideLinkUnknown, LastWayIn],
    emits: [UserWaysInChanged],
    inPerson: true,
  }),
};
