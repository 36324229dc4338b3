const LOCAL = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Whether a page of this origin may connect. Only browsers send one, and they let any page open a socket anywhere.
 * Without a list none may, except this machine's own pages while developing.
 */
export function mayConnect(origin: string | undefined, admitted: readonly string[], development: boolean): boolean {
  if (origin === undefined || admitted.includes(origin)) return true;
  if (!development || admitted.length > 0) return false;
  return URL.canParse(origin) && LOCAL.has(new URL(origin).hostname);
}
