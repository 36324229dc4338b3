export const sessionOf = (refreshToken: string): string => refreshTokenOf(refreshToken).sessionId;

/** A token begins with its session's id and how many there were before it: the rest is the server's secret. */
export function refreshTokenOf(text: string): { sessionId: string; generation: number } {
  const bytes = Buffer.from(text, 'base64url');
  return { sessionId: idIn(bytes), generation: bytes.readUInt32BE(16) };
}

/** A one-time token begins with the id of what it proves. */
export const verificationOf = (token: unknown): string => idIn(Buffer.from(String(token), 'base64url'));

function idIn(bytes: Buffer): string {
  const hex = bytes.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
