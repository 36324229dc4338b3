const FRESH_SECONDS = 5 * 60;
const CLOCKS_DIFFER_SECONDS = 30;

/** A provider's word is good for what a password would be asked for while it is young: one that lay about somewhere is nobody's. */
export function isOfNow({ iat }: Readonly<Record<string, unknown>>, at: Date): boolean {
  if (typeof iat !== 'number') return false;
  const seconds = at.getTime() / 1000 - iat;
  return seconds >= -CLOCKS_DIFFER_SECONDS && seconds <= FRESH_SECONDS;
}
