import { createHash } from 'node:crypto';
import { generateAuthenticationOptions, generateRegistrationOptions, verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';
import { COSEALG, decodeAttestationObject, decodeClientDataJSON } from '@simplewebauthn/server/helpers';
import type { identity, In } from '@mela/contracts';
import { parse as uuidBytes } from 'uuid';
import type { Credentials } from '../person/person.store.ts';
import type { IdentitySettings } from '../settings.ts';
import type { PasskeyState } from './passkey.ts';
import { CHALLENGE_MS, type PasskeyChallenge, type PasskeyChallenges } from './passkey-challenges.ts';

type NewCredential = In<typeof identity.addPasskey>['credential'];
type ShownCredential = In<typeof identity.signInWithPasskey>['credential'];
type Settings = Pick<IdentitySettings, 'WEBAUTHN_RP_ID' | 'WEBAUTHN_ORIGINS'>;

export interface Made {
  readonly challenge: PasskeyChallenge;
  readonly credentialId: string;
  readonly publicKey: Buffer;
  readonly counter: number;
  readonly isBackedUp: boolean;
}

export interface Shown {
  readonly challenge: PasskeyChallenge;
  readonly counter: number;
  readonly isBackedUp: boolean;
}

type Owner = Pick<Credentials, 'id' | 'passwordHash'>;

const ALGORITHMS = [COSEALG.EdDSA, COSEALG.ES256, COSEALG.RS256];
const SIGN_IN = 'sign-in';
/** Good for as long as the password that was shown for it. */
const registering = ({ id, passwordHash }: Owner): string => `register ${id} ${createHash('sha256').update(passwordHash ?? '').digest('base64url')}`;

/** WebAuthn, as its library speaks it. Whoever a passkey lets in was verified by the device itself: that is two factors in one. */
export class Ceremonies {
  constructor(
    private readonly challenges: PasskeyChallenges,
    private readonly settings: Settings,
  ) {}

  async creation(owner: Owner & Pick<Credentials, 'email' | 'name'>, known: readonly PasskeyState[]): Promise<Record<string, unknown>> {
    const { id, email, name } = owner;
    const options = await generateRegistrationOptions({
      rpName: 'Mela', rpID: this.settings.WEBAUTHN_RP_ID, userName: email, userDisplayName: name, userID: new Uint8Array(uuidBytes(id)),
      challenge: this.challenges.write(registering(owner), Date.now()), timeout: CHALLENGE_MS, attestationType: 'none', supportedAlgorithmIDs: ALGORITHMS,
      excludeCredentials: known.map(({ credentialId, transports }) => ({ id: credentialId, transports: [...transports] })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    });
    return { ...options };
  }

  async request(): Promise<Record<string, unknown>> {
    const challenge = this.challenges.write(SIGN_IN, Date.now());
    return { ...(await generateAuthenticationOptions({ rpID: this.settings.WEBAUTHN_RP_ID, challenge, timeout: CHALLENGE_MS, userVerification: 'required' })) };
  }

  /** Undefined where it is not what the person’s device was asked for. */
  async made(owner: Owner, { id, rawId, type, response }: NewCredential): Promise<Made | undefined> {
    const challenge = this.challengeOf(registering(owner), response.clientDataJSON);
    if (!challenge || !isPlain(response.attestationObject)) return undefined;
    const { clientDataJSON, attestationObject } = response;
    const verified = await orUndefined(verifyRegistrationResponse({
      response: { id, rawId, type, response: { clientDataJSON, attestationObject }, clientExtensionResults: {} },
      ...this.expected, supportedAlgorithmIDs: ALGORITHMS,
    }));
    if (!verified?.verified) return undefined;
    const { credential, credentialBackedUp } = verified.registrationInfo;
    return { challenge, credentialId: credential.id, publicKey: Buffer.from(credential.publicKey), counter: credential.counter, isBackedUp: credentialBackedUp };
  }

  /** Undefined where the passkey has not signed this. Whether its counter went on is for the rules to say. */
  async shown({ id, rawId, type, response }: ShownCredential, { personId, credentialId, publicKey }: PasskeyState): Promise<Shown | undefined> {
    const challenge = this.challengeOf(SIGN_IN, response.clientDataJSON);
    const { clientDataJSON, authenticatorData, signature, userHandle } = response;
    if (!challenge || !isHandleOf(personId, userHandle)) return undefined;
    const verified = await orUndefined(verifyAuthenticationResponse({
      response: { id, rawId, type, response: { clientDataJSON, authenticatorData, signature }, clientExtensionResults: {} },
      ...this.expected, credential: { id: credentialId, publicKey: new Uint8Array(publicKey), counter: 0 },
    }));
    if (!verified?.verified) return undefined;
    const { newCounter, credentialBackedUp } = verified.authenticationInfo;
    return { challenge, counter: newCounter, isBackedUp: credentialBackedUp };
  }

  /** The challenge is read before: the library is to take any. */
  private get expected() {
    const { WEBAUTHN_RP_ID, WEBAUTHN_ORIGINS } = this.settings;
    return { expectedChallenge: () => true, expectedOrigin: [...WEBAUTHN_ORIGINS], expectedRPID: WEBAUTHN_RP_ID, requireUserVerification: true };
  }

  private challengeOf(purpose: string, clientDataJSON: string): PasskeyChallenge | undefined {
    try {
      const { challenge, crossOrigin } = decodeClientDataJSON(clientDataJSON);
      // A page of ours inside of somebody else's could be made to look like theirs.
      return crossOrigin === true || typeof challenge !== 'string' ? undefined : this.challenges.read(purpose, challenge, Date.now());
    } catch {
      return undefined;
    }
  }
}

/** No certificates: none were asked for, and whoever sends some could have the library look up where they were withdrawn. */
function isPlain(attestationObject: string): boolean {
  try {
    const attestation = decodeAttestationObject(new Uint8Array(Buffer.from(attestationObject, 'base64url')));
    const format = attestation.get('fmt');
    return format === 'none' || (format === 'packed' && attestation.get('attStmt').get('x5c') === undefined);
  } catch {
    return false;
  }
}

function isHandleOf(personId: string, userHandle: string | null | undefined): boolean {
  const bytes = Buffer.from(userHandle ?? '', 'base64url');
  return bytes.length === 16 && bytes.equals(Buffer.from(uuidBytes(personId)));
}

/** The library throws where something does not fit, whatever that is. */
const orUndefined = <R>(verifying: Promise<R>): Promise<R | undefined> => verifying.catch(() => undefined);
