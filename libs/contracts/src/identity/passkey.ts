import { z } from 'zod';
import { anyone, person } from '../language/access.ts';
import { perAddress, perUser } from '../language/limit.ts';
import { Id, Instant, Text } from '../language/models.ts';
import { command, query } from '../language/operation.ts';
import { refusal } from '../language/refusal.ts';
import { byItsOwner, toldByMail, unlessByItsOwner } from './owner-proof.ts';
import { LastWayIn, Suspended } from './person.ts';
import { Session, SessionOpenedElsewhere } from './session.ts';
import { UserWaysInChanged } from './ways-in.ts';

/** A key on a person's device or in their password manager, which proves with a fingerprint, face or PIN who they are. */
export const Passkey = z.object({
  id: Id,
  name: z.string(),
  /** Whether it is kept where a lost device does not lose it. */
  isBackedUp: z.boolean(),
  createdAt: Instant,
  lastUsedAt: Instant.nullable(),
});
export type Passkey = z.output<typeof Passkey>;

const Name = Text(80).meta({ examples: ['Asha’s phone'] });
const Bytes = (max: number) => z.string().min(1).max(max).regex(/^[A-Za-z0-9_-]+$/, 'is to be base64url').meta({ examples: ['AAAA'] });

/** What browsers give: `toJSON()` of what `navigator.credentials` answered. Some of it is told twice, and read once. */
const credential = {
  id: Bytes(1_400),
  rawId: Bytes(1_400),
  type: z.literal('public-key'),
  authenticatorAttachment: z.string().max(32).nullish(),
  clientExtensionResults: z.record(z.string(), z.unknown()).optional(),
};
const NewCredential = z.strictObject({
  ...credential,
  response: z.strictObject({
    clientDataJSON: Bytes(4_000),
    attestationObject: Bytes(20_000),
    transports: z.array(z.string().max(32)).max(10).optional(),
    authenticatorData: Bytes(20_000).optional(),
    publicKey: Bytes(4_000).nullish(),
    publicKeyAlgorithm: z.int().optional(),
  }),
});
const ShownCredential = z.strictObject({
  ...credential,
  response: z.strictObject({ clientDataJSON: Bytes(4_000), authenticatorData: Bytes(4_000), signature: Bytes(2_000), userHandle: Bytes(100).nullish() }),
});

const Options = z.object({
  options: z.record(z.string(), z.unknown()).meta({ description: 'For `PublicKeyCredential.parse…OptionsFromJSON()`; good for five minutes, and once' }),
});

export const PasskeyUnknown = refusal('identity.passkey_unknown', 404, 'You have no such passkey');
export const PasskeyNotAdded = refusal('identity.passkey_not_added', 422, 'This is not what was asked of the device', 'Begin again with POST /identity/passkeys/options');
export const PasskeyTaken = refusal('identity.passkey_taken', 409, 'This passkey is registered already');
export const TooManyPasskeys = refusal('identity.too_many_passkeys', 409, 'You have as many passkeys as there may be', 'Remove one first');
export const PasskeyRefused = refusal('identity.passkey_refused', 401, 'This passkey does not sign in', 'Begin again, or sign in with the password');

export const passkeyOperations = {
  passkeys: query({
    summary: 'The caller’s passkeys, the latest first',
    http: 'GET /identity/passkeys',
    access: person,
    limit: perUser(120, '1m'),
    input: z.object({}),
    output: z.object({ items: z.array(Passkey) }),
  }),
  passkeyOptions: command({
    summary: 'What a device is to be asked for, so that it makes a passkey',
    http: 'POST /identity/passkeys/options',
    access: person,
    limit: toldByMail,
    input: z.object(byItsOwner),
    output: Options,
    refusals: [...unlessByItsOwner, TooManyPasskeys],
    secret: true,
    inPerson: true,
  }),
  addPasskey: command({
    summary: 'Keep the passkey that a device has made, under a name',
    http: 'POST /identity/passkeys',
    access: person,
    limit: perUser(30, '1m'),
    input: z.object({ name: Name, credential: NewCredential }),
    output: Passkey,
    refusals: [PasskeyNotAdded, PasskeyTaken, TooManyPasskeys],
    emits: [UserWaysInChanged],
    inPerson: true,
  }),
  renamePasskey: command({
    summary: 'Give a passkey another name',
    http: 'PATCH /identity/passkeys/:passkeyId',
    access: person,
    limit: perUser(60, '1m'),
    input: z.object({ passkeyId: Id, name: Name }),
    output: Passkey,
    refusals: [PasskeyUnknown],
    inPerson: true,
  }),
  removePasskey: command({
    summary: 'Let a passkey sign in no more; the last way in stays',
    http: 'DELETE /identity/passkeys/:passkeyId',
    access: person,
    limit: perUser(60, '1m'),
    input: z.object({ passkeyId: Id }),
    output: z.object({ removed: z.int() }),
    refusals: [PasskeyUnknown, LastWayIn],
    emits: [UserWaysInChanged],
    inPerson: true,
  }),
  passkeySignInOptions: command({
    summary: 'What a device is to be asked for, so that a passkey signs in',
    http: 'POST /identity/sign-in/passkey/options',
    access: anyone,
    limit: perAddress(60, '1m'),
    input: z.object({}),
    output: Options,
    secret: true,
  }),
  signInWithPasskey: command({
    summary: 'Sign in with a passkey; no code is asked for besides',
    http: 'POST /identity/sign-in/passkey',
    access: anyone,
    limit: perAddress(60, '1m'),
    input: z.object({ credential: ShownCredential, device: Name.optional() }),
    output: Session,
    refusals: [PasskeyRefused, Suspended],
    emits: [SessionOpenedElsewhere],
    secret: true,
    session: 'opens',
  }),
};
