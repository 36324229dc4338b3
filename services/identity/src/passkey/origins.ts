const ANDROID = /^android:apk-key-hash:[A-Za-z0-9_-]+$/;

export const originsIn = (text: string): readonly string[] => text.split(',').map((part) => part.trim()).filter((part) => part !== '');

/** What a browser would let ask for passkeys of this domain: any other page would be listed in vain, or by mistake. */
export function isOriginOf(rpId: string, origin: string): boolean {
  if (ANDROID.test(origin)) return true;
  if (!URL.canParse(origin)) return false;
  const { hostname, protocol, origin: canonical } = new URL(origin);
  if (canonical !== origin || (hostname !== rpId && !hostname.endsWith(`.${rpId}`))) return false;
  return protocol === 'https:' || (protocol === 'http:' && rpId === 'localhost');
}
