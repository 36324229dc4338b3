import { z } from 'zod';
import { secret, toggle, whole } from './settings.ts';

const headerList = z
  .string()
  .regex(/^[\w-]+=[^,\s]+(,[\w-]+=[^,\s]+)*$/, 'is to be written like name=value,name=value')
  .transform((text, context) => {
    try {
      return Object.fromEntries(text.split(',').map((pair) => [pair.slice(0, pair.indexOf('=')), decodeURIComponent(pair.slice(pair.indexOf('=') + 1))]));
    } catch {
      context.addIssue('has a % that begins no character: write it as %25');
      return z.NEVER;
    }
  });

/** What every process reads, whatever it hosts. */
export const ProcessSettings = z
  .object({
    MELA_ENV: z.enum(['development', 'production']).default('development').describe('In production every connection needs TLS'),
    NATS_URL: z
      .string()
      .refine((urls) => urls.split(',').every((url) => /^(nats|tls):\/\/[^\s/]+$/.test(url.trim())), 'is to be nats://… or tls://…, with commas between the servers of a cluster')
      .describe('The message bus, nats-server 2.10 or newer with JetStream: nats://user:password@host:4222'),
    NATS_REPLICAS: whole(1, 5).default(1).describe('Copies of the event stream in a NATS cluster; 3 in production'),
    NATS_CA_FILE: z.string().optional().describe('Authority that signed the bus’s certificate'),
    DATABASE_CONNECTIONS: whole(4, 1_000).default(60).describe('PostgreSQL connections this process may hold, shared by all services in it'),
    ASK_PATH: z.enum(['local', 'bus']).default('local').describe('`bus` sends a request over NATS even when its service runs in the same process'),
    OPS_HOST: z.string().default('127.0.0.1').describe('Where /health and /metrics listen; 0.0.0.0 in a container'),
    OPS_PORT: whole(0, 65_535).default(0).describe('Port of /health and /metrics; 0 takes a free one'),
    LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info').describe('The least important line that is written'),
    TRACE_FOLDER: z.string().optional().describe('Where development keeps its spans, for `mela trace`; `mela up` sets it. Not for production'),
    TRACE_RATIO: z.coerce.number().min(0).max(1).optional().describe('Share of the traces that are kept, 0 to 1; unless set, all in development and 0.05 in production. 0 records nothing'),
    OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional().describe('Collector that takes spans as OTLP over HTTP: https://collector:4318'),
    OTEL_EXPORTER_OTLP_HEADERS: headerList.optional().describe('Headers that the collector asks for, as name=value,name=value with percent-encoded values: authorization=Bearer%20…'),
    ALLOW_PLAINTEXT: toggle.default(false).describe('Connections without TLS in production, where the network itself is encrypted'),
  })
  .superRefine((settings, context) => {
    if (settings.MELA_ENV === 'production' && settings.TRACE_FOLDER !== undefined)
      context.addIssue({ code: 'custom', path: ['TRACE_FOLDER'], message: 'is for development: in production OTEL_EXPORTER_OTLP_ENDPOINT says where spans go' });
    if (settings.MELA_ENV === 'production' && !settings.ALLOW_PLAINTEXT && settings.OTEL_EXPORTER_OTLP_ENDPOINT?.startsWith('http:'))
      context.addIssue({ code: 'custom', path: ['OTEL_EXPORTER_OTLP_ENDPOINT'], message: 'is to begin with https:// in production, or set ALLOW_PLAINTEXT=true' });
    if (settings.MELA_ENV === 'production' && !settings.ALLOW_PLAINTEXT && !/^tls:/.test(settings.NATS_URL))
      context.addIssue({ code: 'custom', path: ['NATS_URL'], message: 'is to begin with tls:// in production, or set ALLOW_PLAINTEXT=true' });
  });
export type ProcessSettings = z.output<typeof ProcessSettings>;

/** Read by every gateway: a position that one of them signed is taken by the others. */
export const cursorSecret = secret.describe('Signs the positions that clients resume from; the same in every gateway');

/** Read by whoever counts there or has jobs wait there. */
export const redisUrl = z.url({ protocol: /^rediss?$/ }).describe('Redis, where requests are counted and jobs wait: redis://:password@host:6379');

/** The URL of a service's own role; a service never sees another's. */
export const databaseSetting = (service: string) => `${service.toUpperCase()}_DATABASE_URL`;

export const databaseSettings = (service: string) =>
  z
    .object({
      [databaseSetting(service)]: z
        .url({ protocol: /^postgres(ql)?$/ })
        .describe(`PostgreSQL under the role of ${service}, as \`mela migrate\` prints it`),
      MELA_ENV: ProcessSettings.shape.MELA_ENV,
      ALLOW_PLAINTEXT: ProcessSettings.shape.ALLOW_PLAINTEXT,
    })
    .superRefine((settings, context) => {
      const setting = databaseSetting(service);
      if (settings.MELA_ENV === 'production' && !settings.ALLOW_PLAINTEXT && !/sslmode=(require|verify)/.test(String(settings[setting])))
        context.addIssue({ code: 'custom', path: [setting], message: 'is to carry sslmode=verify-full in production, or set ALLOW_PLAINTEXT=true' });
    });
