import type { z } from 'zod';

/** What another gateway says; undefined where it is of a version that this one does not understand. */
export function understood<S extends z.ZodType>(schema: S, data: Uint8Array): z.output<S> | undefined {
  try {
    return schema.safeParse(JSON.parse(Buffer.from(data).toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
