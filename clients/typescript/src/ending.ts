/** Why a connection ended, as far as it is known. */
export interface Ending {
  /** A close code of the gateway. */
  readonly code?: number;
  /** Milliseconds within which to come back, where the gateway named them. */
  readonly after?: readonly [number, number];
  /** The code of a problem document. */
  readonly problem?: string;
  /** Of an answer over HTTP. */
  readonly status?: number;
}

/** What follows from it. */
export type Next =
  | { readonly do: 'stop' }
  /** `wayIsGood`: whoever was there wants us later, or fewer of us. Another way leads to the same answer. */
  | { readonly do: 'retry'; readonly within?: readonly [number, number]; readonly freshToken?: true; readonly wayIsGood?: true }
  /** This way is not there: another one is. */
  | { readonly do: 'other-way' };

const AFTER_A_FLOOD: readonly [number, number] = [5_000, 30_000];
const FINAL = new Set([4400, 4403, 4426]);
const TOO_MUCH = new Set(['connect.too_many', 'frame.rate_limited']);

/** No sooner than that, and not all at the same moment. */
export const notBefore = (ms: number): readonly [number, number] => [ms, 2 * ms];

export function nextAfter({ code, after, problem, status }: Ending): Next {
  if (code !== undefined && FINAL.has(code)) return { do: 'stop' };
  if (code === 4401 || problem?.startsWith('auth.')) return { do: 'retry', freshToken: true };
  if (problem === 'realtime.transport_off') return { do: 'other-way' };
  if (code === 4029 || status === 429 || TOO_MUCH.has(problem ?? '')) return { do: 'retry', within: after ?? AFTER_A_FLOOD, wayIsGood: true };
  return { do: 'retry', ...(after === undefined ? {} : { within: after }) };
}
