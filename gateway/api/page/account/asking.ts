/** What came of asking the API. */
export type Answer =
  | { readonly kind: 'answered'; readonly body: Readonly<Record<string, unknown>> }
  | { readonly kind: 'refused'; readonly status: number; readonly problem: Problem; readonly retryAfter: number | undefined }
  /** Nobody knows whether it took effect: asked again with the same key, it does so once. */
  | { readonly kind: 'unheard' };

export interface Problem {
  readonly code?: string;
  readonly title?: string;
  readonly detail?: string;
  readonly traceId?: string;
  readonly suggestions?: readonly string[];
}

export interface Question {
  readonly method: string;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly token?: string | undefined;
  readonly key?: string | undefined;
}

const PATIENCE_MS = 30_000;

export async function ask({ method, path, body, token, key }: Question): Promise<Answer> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
  if (key !== undefined) headers['idempotency-key'] = key;
  try {
    const response = await fetch(path, { method, headers, body: JSON.stringify(body), cache: 'no-store', credentials: 'omit', redirect: 'error', signal: AbortSignal.timeout(PATIENCE_MS) });
    const told = (await response.json()) as Record<string, unknown>;
    if (response.ok) return { kind: 'answered', body: told };
    return { kind: 'refused', status: response.status, problem: told, retryAfter: secondsIn(response.headers.get('retry-after')) };
  } catch {
    return { kind: 'unheard' };
  }
}

const secondsIn = (text: string | null): number | undefined => (text !== null && /^\d+$/.test(text) ? Number(text) : undefined);

/** Not `randomUUID`, which browsers have where there is TLS alone. */
export const newKey = (): string => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
