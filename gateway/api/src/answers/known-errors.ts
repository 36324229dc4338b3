import { BodyTooLarge, InvalidInput, WrongContentType, type Refusal } from '@mela/contracts';
import { HttpException } from '@nestjs/common';
import { MalformedUrl, UrlTooLong } from './refusals.ts';
import { Refused } from './refused.ts';

const fastifyErrors: Readonly<Record<string, () => Refusal>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () => BodyTooLarge(),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => WrongContentType(),
  FST_ERR_BAD_URL: () => MalformedUrl(),
  FST_ERR_MAX_PARAM_LENGTH: () => UrlTooLong(),
};

/** What a framework's error says to a client; undefined for a fault of ours. */
export function refusalOf(error: unknown): Refusal | undefined {
  const cause = error instanceof HttpException && error.cause !== undefined ? error.cause : error;
  if (cause instanceof Refused) return cause.refusal;
  const { code, statusCode, message } = cause as { code?: string; statusCode?: number; message?: string };
  const known = fastifyErrors[code ?? ''];
  if (known) return known();
  const status = statusCode ?? (error instanceof HttpException ? error.getStatus() : 500);
  return status >= 400 && status < 500 ? { ...InvalidInput(message), status } : undefined;
}
