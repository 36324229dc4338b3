import { cursorSecret, encryptedRedis, ProcessSettings, redisSettings, trustedProxies, webUrl, whole } from '@mela/chassis';
import { z } from 'zod';

const listOf = (text: string): string[] => text.split(',').map((part) => part.trim()).filter((part) => part !== '');

const Origins = z
  .string()
  .default('')
  .transform(listOf)
  .refine((origins) => origins.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin), 'is to list origins such as https://app.example.org')
  .describe('Web pages that may call the API from a browser, separated by commas; nobody else’s get any CORS header');

export const ApiSettings = z
  .object({
    API_HOST: z.string().default('127.0.0.1').describe('Where the API listens; 0.0.0.0 in a container'),
    API_PORT: whole(0, 65_535).default(8080).describe('Port of the API; 0 takes a free one'),
    CORS_ORIGINS: Origins,
    REDIS_URL: redisSettings.shape.REDIS_URL,
    CURSOR_SECRET: cursorSecret,
    TRUST_PROXY: trustedProxies,
    REQUEST_TIMEOUT_MS: whole(100, 60_000).default(10_000).describe('How long an answer may take, and how long a request’s headers may'),
    RATE_LIMITS: z.enum(['on', 'off']).default('on').describe('`off` counts no requests, for load tests'),
    WEB_URL: webUrl.optional(),
    ADDRESS_LIMIT: whole(1, 10_000_000).default(6_000).describe('Requests a minute from one network address, over all operations'),
    MELA_ENV: ProcessSettings.shape.MELA_ENV,
    ALLOW_PLAINTEXT: ProcessSettings.shape.ALLOW_PLAINTEXT,
  })
  .superRefine(encryptedRedis);
export type ApiSettings = z.output<typeof ApiSettings>;
