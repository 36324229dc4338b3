export interface Limit {
  readonly per: 'person' | 'address';
  readonly requests: number;
  readonly windowSeconds: number;
}

type Window = `${number}${'s' | 'm' | 'h'}`;

const secondsIn = { s: 1, m: 60, h: 3600 } as const;

function limit(per: Limit['per'], requests: number, window: Window): Limit {
  const unit = window.at(-1) as keyof typeof secondsIn;
  return { per, requests, windowSeconds: Number.parseInt(window, 10) * secondsIn[unit] };
}

/** At most so many requests of one person in the window; whoever is not signed in counts by address. */
export const perUser = (requests: number, window: Window) => limit('person', requests, window);

/** At most so many requests from one network address in the window. */
export const perAddress = (requests: number, window: Window) => limit('address', requests, window);
