import { z } from 'zod';
import { ProcessSettings } from '../settings/process-settings.ts';

const fields = {
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).describe('Where requests are counted, and kept what is asked often: redis://:password@host:6379'),
  MELA_ENV: ProcessSettings.shape.MELA_ENV,
  ALLOW_PLAINTEXT: ProcessSettings.shape.ALLOW_PLAINTEXT,
};

export function encryptedRedis(settings: z.output<z.ZodObject<typeof fields>>, context: z.core.$RefinementCtx): void {
  if (settings.MELA_ENV === 'production' && !settings.ALLOW_PLAINTEXT && !settings.REDIS_URL.startsWith('rediss:'))
    context.addIssue({ code: 'custom', path: ['REDIS_URL'], message: 'is to begin with rediss:// in production, or set ALLOW_PLAINTEXT=true' });
}

/** Read by whoever counts or remembers in Redis: what is there can be rebuilt, and everything goes on without it. */
export const redisSettings = z.object(fields).superRefine(encryptedRedis);
