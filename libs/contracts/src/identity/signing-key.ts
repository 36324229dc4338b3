import { z } from 'zod';
import { services } from '../language/access.ts';
import { event } from '../language/event.ts';
import { Instant } from '../language/models.ts';
import { command, query } from '../language/operation.ts';
import { refusal } from '../language/refusal.ts';

/** What becomes of a key: it is published, signs, and is taken from nobody before the last token that it signed has expired. */
export const signingKeyStates = ['next', 'signing', 'retired', 'withdrawn'] as const;

/** A key that signs access tokens, as the operator sees it: never the key itself. */
export const SigningKey = z.object({
  kid: z.string(),
  algorithm: z.string(),
  state: z.enum(signingKeyStates),
  publishedAt: Instant,
  signsFrom: Instant.nullable(),
  /** When it was retired or withdrawn. */
  endedAt: Instant.nullable(),
  /** When its last token has expired, and it is published no more. */
  goneAt: Instant.nullable(),
});
export type SigningKey = z.output<typeof SigningKey>;

const SigningKeys = z.object({ keys: z.array(SigningKey) });

export const KeyTooYoung = refusal('identity.key_too_young', 409, 'The next key was published a moment ago, and is not known everywhere yet', 'Try again later; a key that is compromised is withdrawn at once');

const Kid = z.string().min(1).max(100);
const example = 'kLUJ1GW_AE7gHk_oxGt0y9Zn3FQ3xxT1ZbMCrxG5c8U';

export const KeyRotated = event('key.rotated', {
  summary: 'Another key signs access tokens from now on, and a next one is published',
  aggregate: 'key',
  data: z.object({ kid: Kid, nextKid: Kid }),
  example: { kid: example, nextKid: '6y1sPTGvXcGmGmZxXz3Cwk5wcrpCmVwJpRLJbnW3m1o' },
});

export const KeyWithdrawn = event('key.withdrawn', {
  summary: 'A key that signs access tokens is in other hands: whatever it signed is good for nothing any more',
  aggregate: 'key',
  data: z.object({ kid: Kid }),
  example: { kid: example },
});

export const signingKeyOperations = {
  signingKeys: query({
    summary: 'The keys that sign access tokens, and what became of each, as the instance’s operator',
    access: services,
    input: z.object({}),
    output: SigningKeys,
  }),
  rotateSigningKey: command({
    summary: 'Let the next key sign, as the instance’s operator; where one is compromised, all that have signed are withdrawn, and their tokens are refused',
    access: services,
    input: z.object({ compromised: z.boolean().default(false) }),
    output: SigningKeys,
    refusals: [KeyTooYoung],
    emits: [KeyRotated, KeyWithdrawn],
  }),
};
