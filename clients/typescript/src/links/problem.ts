import type { Ending } from '../ending.ts';

/** The code of a problem document, where the answer is one: a proxy may have answered. */
export async function endingOf(response: Response): Promise<Ending> {
  const document: unknown = await response.json().catch(() => undefined);
  const code = (document as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? { problem: code } : {};
}
