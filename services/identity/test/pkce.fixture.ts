import { createHash, randomBytes } from 'node:crypto';

/** What a page makes before it sends somebody away, and what it keeps until they are back. */
export function pkce() {
  const codeVerifier = randomBytes(32).toString('base64url');
  const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url');
  return { codeVerifier, challenge: { codeChallenge, codeChallengeMethod: 'S256' as const } };
}
