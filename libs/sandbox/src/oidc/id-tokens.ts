import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose';

const ALGORITHM = 'RS256';
const LIVES_SECONDS = 300;

/** Whose key an ID token is signed with: the provider's own, or one of those that attackers try. */
export const signers = ['provider', 'nobody', 'client-secret', 'public-key', 'stranger'] as const;
export type Signer = (typeof signers)[number];

export interface TokenOrder {
  /** Instead of, or beside, those of an honest token; null leaves one out. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signedWith?: Signer;
  readonly typ?: string;
}

/** The provider's key, and whatever may be done with one. */
export class IdTokens {
  private constructor(
    private readonly pair: { readonly publicKey: CryptoKey; readonly privateKey: CryptoKey },
    /** For the provider itself. */
    readonly privateJwk: JWK,
    private readonly honest: { readonly issuer: string; readonly audience: string; readonly secret: string },
  ) {}

  static async open(honest: IdTokens['honest']): Promise<IdTokens> {
    const pair = await generateKeyPair(ALGORITHM, { extractable: true });
    return new IdTokens(pair, { ...(await exportJWK(pair.privateKey)), kid: 'sandbox', alg: ALGORITHM, use: 'sig' }, honest);
  }

  async make({ claims, signedWith = 'provider', typ }: TokenOrder): Promise<string> {
    const at = Math.floor(Date.now() / 1000);
    const { issuer: iss, audience: aud } = this.honest;
    const told = Object.entries({ iss, aud, iat: at, exp: at + LIVES_SECONDS, ...claims }).filter(([, value]) => value !== null);
    return this.sign(Object.fromEntries(told), signedWith, typ);
  }

  private async sign(claims: JWTPayload, signer: Signer, typ: string | undefined): Promise<string> {
    const signed = (alg: string, key: CryptoKey | Uint8Array) =>
      new SignJWT(claims).setProtectedHeader({ alg, kid: 'sandbox', ...(typ === undefined ? {} : { typ }) }).sign(key);
    switch (signer) {
      case 'provider':
        return signed(ALGORITHM, this.pair.privateKey);
      case 'stranger':
        return signed(ALGORITHM, (await generateKeyPair(ALGORITHM)).privateKey);
      case 'client-secret':
        return signed('HS256', Buffer.from(this.honest.secret));
      case 'public-key':
        return signed('HS256', Buffer.from(await exportSPKI(this.pair.publicKey)));
      case 'nobody':
        return new UnsecuredJWT(claims).encode();
    }
  }
}
