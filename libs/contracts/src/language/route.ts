const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type Method = (typeof methods)[number];

/** Everything under /api/v1, except what the world expects at a fixed place. */
export type RouteText = `${Method} /${string}`;

export interface Route {
  readonly method: Method;
  /** As declared, with `:name` for a parameter. */
  readonly path: string;
  readonly params: readonly string[];
  readonly hasBody: boolean;
}

export const API_PREFIX = '/api/v1';

export function route(text: RouteText): Route {
  const [method, declared] = text.split(' ') as [Method, string];
  if (!methods.includes(method)) throw new Error(`"${text}" does not begin with one of ${methods.join(', ')}`);
  const path = declared.startsWith('/.well-known/') ? declared : API_PREFIX + declared;
  const params = [...path.matchAll(/:([A-Za-z]+)/g)].map((match) => match[1]!);
  return { method, path, params, hasBody: method !== 'GET' && method !== 'DELETE' };
}
