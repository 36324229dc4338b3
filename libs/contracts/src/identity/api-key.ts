import { z } from 'zod';
import { person, services } from '../language/access.ts';
import { event } from '../language/event.ts';
import { InvalidApiKey } from '../language/faults.ts';
import { perUser } from '../language/limit.ts';
import { Id, Instant, Page, pageOf, Text, id } from '../language/models.ts';
import { command, query } from '../language/operation.ts';
import { refusal } from '../language/refusal.ts';
import { topic } from '../topics.ts';
import { byItsOwner, toldByMail, unlessByItsOwner } from './owner-proof.ts';
import { SessionRevoked } from './session.ts';

/** Only what follows the prefix is secret: whoever finds a key somewhere can tell by it which one it is. */
const Prefix = z.string().meta({ examples: ['mela_0gX3kT9vQ2bL'] });

/** A key that a program shows in its owner's name, as the owner sees it: never the key itself. */
export const ApiKey = z.object({
  id: Id,
  name: z.string(),
  prefix: Prefix,
  scopes: z.array(z.string()),
  state: z.enum(['active', 'expired', 'revoked']),
  createdAt: Instant,
  /** Null where it is good until it is revoked. */
  expiresAt: Instant.nullable(),
  /** To a few minutes. */
  lastUsedAt: Instant.nullable(),
  /** What was shown before it was rotated, while that works too. */
  previous: z.object({ prefix: Prefix, endsAt: Instant, lastUsedAt: Instant.nullable() }).nullable(),
});
export type ApiKey = z.output<typeof ApiKey>;

/** With the key itself, which is told this once. */
export const IssuedApiKey = ApiKey.extend({ key: z.string().meta({ examples: ['mela_0gX3kT9vQ2bL_7dLqzSrm4VnXcKfWbYh1TgPo8JuEa5RiNs0Dy3Mv6Bx2kZ9'] }) });
export type IssuedApiKey = z.output<typeof IssuedApiKey>;

export const ApiKeyUnknown = refusal('identity.api_key_unknown', 404, 'You have no such API key');
export const TooManyApiKeys = refusal('identity.too_many_api_keys', 409, 'You have as many API keys as there may be', 'Revoke one first');
export const UnknownScope = refusal('identity.unknown_scope', 422, 'There is no such scope', '`scopes` lists those that there are');
export const ApiKeyEnded = refusal('identity.api_key_ended', 409, 'This API key was revoked or has expired', 'Create another one');
export const ApiKeyRotating = refusal('identity.api_key_rotating', 409, 'It was rotated a while ago, and what was shown before works until `endsAt`', 'Wait until then, or rotate with `overlapMinutes` 0, after which neither of them works');

const LONGEST_DAYS = 3_650;
const LONGEST_OVERLAP_MINUTES = 7 * 24 * 60;
/** A token that was given for the key of before lives as long. */
const SHORTEST_OVERLAP_MINUTES = 5;

const Overlap = z.int().min(0).max(LONGEST_OVERLAP_MINUTES).refine((minutes) => minutes === 0 || minutes >= SHORTEST_OVERLAP_MINUTES, `is to be 0, or ${SHORTEST_OVERLAP_MINUTES} and more`);
const Scope = z.string().max(80).meta({ examples: ['communities:read'] });

const told = { aggregate: 'apikey', data: z.object({ keyId: Id, userId: Id }), audience: (e: { userId: string }) => [topic.person(e.userId)], example: { keyId: id(8), userId: id(1) } };

export const ApiKeyCreated = event('apikey.created', { summary: 'A person has another API key', ...told });
export const ApiKeyRotated = event('apikey.rotated', { summary: 'An API key has another secret; the one before works for a while yet, or no more', ...told });
export const ApiKeyRevoked = event('apikey.revoked', { summary: 'An API key is good for nothing any more', ...told });

export const apiKeyOperations = {
  apiKeys: query({
    summary: 'The caller’s API keys, the latest first; those that have ended for another month',
    http: 'GET /identity/api-keys',
    access: person,
    limit: perUser(120, '1m'),
    input: z.object(pageOf),
    output: Page(ApiKey),
  }),
  createApiKey: command({
    summary: 'A key with which a program asks in the caller’s name, within these scopes; it is told this once',
    http: 'POST /identity/api-keys',
    access: person,
    limit: toldByMail,
    input: z.object({
      name: Text(80).meta({ examples: ['The newsletter'] }),
      scopes: z.array(Scope).min(1).max(50),
      /** Null: until it is revoked. */
      expiresInDays: z.int().min(1).max(LONGEST_DAYS).nullable().default(365),
      ...byItsOwner,
    }),
    output: IssuedApiKey,
    refusals: [...unlessByItsOwner, UnknownScope, TooManyApiKeys],
    emits: [ApiKeyCreated],
    secret: true,
    inPerson: true,
  }),
  rotateApiKey: command({
    summary: 'Another key in place of one, which goes on working for a while; scopes and expiry stay',
    http: 'POST /identity/api-keys/:keyId/rotate',
    access: person,
    limit: toldByMail,
    input: z.object({ keyId: Id, overlapMinutes: Overlap.optional(), ...byItsOwner }),
    output: IssuedApiKey,
    refusals: [...unlessByItsOwner, ApiKeyUnknown, ApiKeyEnded, ApiKeyRotating],
    emits: [ApiKeyRotated, SessionRevoked],
    secret: true,
    inPerson: true,
  }),
  revokeApiKey: command({
    summary: 'Take a key, and what was given for it, no more: at once, and everywhere',
    http: 'DELETE /identity/api-keys/:keyId',
    access: person,
    limit: perUser(60, '1m'),
    input: z.object({ keyId: Id }),
    output: z.object({ revoked: z.int() }),
    refusals: [ApiKeyUnknown],
    emits: [ApiKeyRevoked, SessionRevoked],
    inPerson: true,
  }),
  exchangeApiKey: command({
    summary: 'A short access token for an API key, as a gateway that was shown one',
    access: services,
    input: z.object({ key: z.string().max(200) }),
    output: z.object({ accessToken: z.string(), expiresAt: Instant }),
    refusals: [InvalidApiKey],
    secret: true,
  }),
};
