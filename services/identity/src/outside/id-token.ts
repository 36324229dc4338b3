import { errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { IssuerAway } from './discovered.ts';
import type { OutsideProviderSettings } from './outside-settings.ts';

type Rules = Pick<OutsideProviderSettings, 'issuer' | 'clientId' | 'audiences' | 'algorithms' | 'requiresNonce'>;

const CLOCKS_DIFFER_SECONDS = 30;
/** As OpenID Connect has it: 255 characters at the most, of those that can be kept as they are. */
const SUBJECT = /^[^\p{Cc}\p{Cs}]{1,255}$/u;

/**
 * The claims of an ID token that the issuer made for one of our clients, or undefined. Nothing in the token says how it is verified:
 * the keys are the issuer's, the algorithms those that need such a key.
 */
export async function claimsOf(token: string, rules: Rules, keys: JWTVerifyGetKey, nonce: string | undefined): Promise<(JWTPayload & { sub: string }) | undefined> {
  const audiences = [rules.clientId, ...rules.audiences];
  const verified = await verify(token, rules, audiences, keys);
  if (!verified) return undefined;
  const { payload, protectedHeader } = verified;
  const isIdToken = (protectedHeader.typ === undefined || protectedHeader.typ.toUpperCase() === 'JWT') && payload['events'] === undefined;
  const isForUsAlone = [payload.aud].flat().every((audience) => audiences.includes(audience!));
  const isOfThisSignIn = nonce === undefined ? payload['nonce'] === undefined && !rules.requiresNonce : payload['nonce'] === nonce;
  const { sub } = payload;
  if (!isIdToken || !isForUsAlone || !isOfThisSignIn || sub === undefined || !SUBJECT.test(sub)) return undefined;
  return { ...payload, sub };
}

async function verify(token: string, { issuer, algorithms }: Rules, audience: string[], keys: JWTVerifyGetKey) {
  const theirs: JWTVerifyGetKey = async (header, input) => {
    try {
      return await keys(header, input);
    } catch (fault) {
      if (fault instanceof errors.JWKSNoMatchingKey || fault instanceof errors.JWKSMultipleMatchingKeys || fault instanceof errors.JOSENotSupported) throw fault;
      throw new IssuerAway(`The keys of ${issuer} could not be read`, { cause: fault });
    }
  };
  try {
    return await jwtVerify(token, theirs, { issuer, audience, algorithms: [...algorithms], requiredClaims: ['sub', 'exp', 'iat'], clockTolerance: CLOCKS_DIFFER_SECONDS });
  } catch (fault) {
    if (fault instanceof errors.JOSEError) return undefined;
    throw fault;
  }
}
