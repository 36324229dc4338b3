import { notBefore, type Ending } from '../ending.ts';

/** What an answer says of why, with the code of its problem document where it is one: a proxy may have answered. */
export async function endingOf(response: Response): Promise<Ending> {
  const document: unknown = await response.json().catch(() => undefined);
  const code = (document as { code?: unknown } | undefined)?.code;
  // Seconds; whoever names a time of day instead is no gateway of ours.
  const seconds = Number(response.headers.get('retry-after') ?? 0);
  return { status: response.status, ...(typeof code === 'string' ? { problem: code } : {}), ...(seconds > 0 ? { after: notBefore(seconds * 1_000) } : {}) };
}
