import { currentContext, traceIdOf } from '@mela/bus';
import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Logger } from 'pino';

const CENSORED = [
  'password', 'token', 'accessToken', 'refreshToken', 'secret', 'authorization', 'cookie', 'email', 'payload', 'body', 'input', 'parameters',
].flatMap((field) => [field, `*.${field}`, `*.*.${field}`, `err.${field}`]);

const EMAIL = /[\w.+-]+@[\w-]+\.[\w.-]+/g;
const JWT = /\beyJ[\w-]+\.[\w-]+\.[\w-]+/g;
const API_KEY = /\bmela_[0-9A-Za-z]{12}_[0-9A-Za-z]+/g;
const URL_PASSWORD = /(\w+:\/\/[^\s:/@]*):[^\s@/]+@/g;

/** What redaction by field name cannot reach: text in which somebody else put a secret, such as an error's message. */
const scrub = (text: string): string => text.replace(URL_PASSWORD, '$1:***@').replace(JWT, '***').replace(API_KEY, '***').replace(EMAIL, '***');

/** JSON lines with the trace they belong to. Secrets, addresses and payloads never reach the output. */
export function createLog(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: CENSORED, censor: '***' },
    mixin: () => {
      const context = currentContext();
      if (!context) return {};
      const { traceparent, actor, impersonator, apiKey } = context;
      return {
        traceId: traceIdOf(traceparent),
        ...(actor === undefined ? {} : { actor }), ...(impersonator === undefined ? {} : { impersonator }), ...(apiKey === undefined ? {} : { apiKey }),
      };
    },
    serializers: {
      err: (error: unknown) => {
        const { type, message, stack, code } = pino.stdSerializers.err(error as Error) as unknown as Record<string, unknown>;
        return { type, code, message: scrub(String(message)), stack: scrub(String(stack)) };
      },
      reason: (reason: unknown) => scrub(String(reason)),
    },
  };
  return destination ? pino(options, destination) : pino(options, pino.destination({ dest: 2, sync: true }));
}

/** Nest's own lines, in the same form. Its chatter about modules is for debugging. */
export const nestLogger = (log: Logger): LoggerService => ({
  log: (message: unknown) => log.debug(String(message)),
  debug: (message: unknown) => log.debug(String(message)),
  verbose: (message: unknown) => log.debug(String(message)),
  warn: (message: unknown) => log.warn(String(message)),
  error: (message: unknown, stack?: unknown) => log.error({ stack: stack === undefined ? undefined : scrub(String(stack)) }, scrub(String(message))),
});
