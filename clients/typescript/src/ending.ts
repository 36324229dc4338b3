/** Why a connection ended, as far as it is known. */
export interface Ending {
  /** A close code of the gateway. */
  readonly code?: number;
  /** Milliseconds within which to come back, where the gateway named them. */
  readonly after?: readonly [number, number];
  /** The code of a problem document. */
  readonly problem?: string;
}

/** What follows from it. */
export type Next =
  | { readonly do: 'stop' }
  | { readonly do: 'retry'; readonly within?: readonly [number, number]; readonly freshToken?: true }
  /** This way is not there: another one is. */
  | { readonly do: 'other-way' };

const AFTER_A_FLOOD: readonly [number, number] = [5_000, 30_000];
const FINAL = new Set([4400, 4403, 4426]);

export function nextAfter({ code, after, problem }: Ending): Next {
  if (code !== undefined && FINAL.has(code)) return { do: 'stop' };
  if (code === 4401 || problem?.startsWith('auth.')) return { do: 'retry', freshToken: true };
  if (problem === 'realtime.transport_off') return { do: 'other-way' };
  const within = after ?? (code === 4029 ? AFTER_A_FLOOD : undefined);
  return { do: 'retry', ...(within === undefined ? {} : { within }) };
}
