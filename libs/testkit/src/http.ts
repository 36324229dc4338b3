import type { Ask, Operation, Out } from '@mela/contracts';
import { Problem } from './problem.ts';

export interface HttpOptions {
  token?: string | undefined;
  idempotencyKey?: string | undefined;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Speaks HTTP as a client that knows nothing but the contract would. */
export async function sendOperation<Op extends Operation>(api: string, operation: Op, input: Ask<Op>, options: HttpOptions = {}): Promise<Response> {
  const { http } = operation;
  if (!http) throw new Error(`${operation.id} has no route: it can be asked on the bus only`);
  const rest = { ...(input as Record<string, unknown>) };
  const path = http.path.replace(/:(\w+)/g, (_match, name: string) => {
    const value = String(rest[name]);
    delete rest[name];
    return encodeURIComponent(value);
  });
  const url = new URL(path, api);
  if (!http.hasBody) for (const [name, value] of Object.entries(rest)) if (value !== undefined) url.searchParams.set(name, String(value));
  return fetch(url, {
    method: http.method,
    headers: {
      ...(http.hasBody ? { 'content-type': 'application/json' } : {}),
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
      ...(options.idempotencyKey === undefined ? {} : { 'idempotency-key': options.idempotencyKey }),
      ...options.headers,
    },
    ...(http.hasBody ? { body: JSON.stringify(rest) } : {}),
    ...(options.signal ? { signal: options.signal } : {}),
  });
}

/** The answer, or a Problem thrown. */
export async function askOperation<Op extends Operation>(api: string, operation: Op, input: Ask<Op>, options?: HttpOptions): Promise<Out<Op>> {
  const response = await sendOperation(api, operation, input, options);
  if (!response.ok) throw await problemOf(response);
  return (await response.json()) as Out<Op>;
}

export interface Downloaded {
  readonly bytes: Buffer;
  readonly headers: Headers;
}

/** A file, whole, or a Problem thrown. */
export async function downloadFile<Op extends Operation>(api: string, operation: Op, input: Ask<Op>, options?: HttpOptions): Promise<Downloaded> {
  const response = await sendOperation(api, operation, input, options);
  if (!response.ok) throw await problemOf(response);
  return { bytes: Buffer.from(await response.arrayBuffer()), headers: response.headers };
}

async function problemOf(response: Response): Promise<Problem> {
  const document = (await response.json()) as Record<string, unknown>;
  return new Problem(response.status, String(document['code']), document);
}
