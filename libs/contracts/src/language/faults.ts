import { refusal } from './refusal.ts';

/** What any operation may answer, whatever its business. */
export const MalformedBody = refusal('request.malformed', 400, 'The body is not valid JSON');
export const InvalidInput = refusal('request.invalid', 400, 'The request does not fit the operation');
export const DoubledField = refusal('request.doubled_field', 400, 'A value was given twice');
export const BadCursor = refusal('request.bad_cursor', 400, 'The cursor is not one of ours', 'Send back `next` as it came, or leave `after` out');
export const BodyTooLarge = refusal('request.too_large', 413, 'The body is too large', 'JSON bodies end at 512 kB; larger things are media');
export const WrongContentType = refusal('request.content_type', 415, 'The body is not JSON', 'Send Content-Type: application/json');
export const NoSuchRoute = refusal('route.unknown', 404, 'There is no such route', 'GET /api/v1/openapi.json lists every route');
export const MethodNotAllowed = refusal('route.method', 405, 'This route has no such method');
export const NotSignedIn = refusal('auth.required', 401, 'Sign in first', 'Send Authorization: Bearer <access token>');
export const InvalidToken = refusal('auth.invalid_token', 401, 'The access token is not valid', 'Refresh it, or sign in again');
export const InvalidApiKey = refusal('auth.invalid_api_key', 401, 'The API key is not valid', 'Its owner sees under GET /api/v1/identity/api-keys what became of it');
export const ScopeMissing = refusal('auth.scope_missing', 403, 'The API key was not given this scope', 'Create one that has `scope`');
export const NotWithApiKey = refusal('auth.not_with_api_key', 403, 'No API key does this', 'Its owner does, signed in');
export const Forbidden = refusal('access.denied', 403, 'You may not do this');
export const NotWhileImpersonating = refusal('identity.not_while_impersonating', 403, 'Nobody else does this for a person', 'Sign in as yourself');
export const NotFound = refusal('resource.not_found', 404, 'There is no such thing, or you may not see it');
export const AccessUnknown = refusal('access.unknown', 503, 'Access cannot be checked right now', 'Try again shortly');
export const KeyInUse = refusal('idempotency.in_progress', 409, 'A request with this Idempotency-Key is still running', 'Ask again shortly with the same key');
export const KeyReused = refusal('idempotency.key_reused', 422, 'This Idempotency-Key was used for another request', 'Use a fresh key for a new request');
export const AnswerWithheld = refusal('idempotency.answer_withheld', 409, 'This was done before; its answer held a secret and was not kept');
export const KeyMalformed = refusal('idempotency.key_malformed', 400, 'The Idempotency-Key is not valid', 'Use 1 to 200 printable ASCII characters');
export const TooManyRequests = refusal('limit.exceeded', 429, 'Too many requests', 'Wait as long as Retry-After says');
export const Unavailable = refusal('service.unavailable', 503, 'The service is not available right now', 'Try again shortly');
export const TimedOut = refusal('service.timed_out', 504, 'The service did not answer in time', 'Repeat it with the same Idempotency-Key: it takes effect once');
export const AnswerTooLarge = refusal('service.answer_too_large', 500, 'The answer is too large to be sent', 'Ask for a smaller page');
export const Broken = refusal('service.failed', 500, 'Something broke on our side', 'Quote the trace id when you report it');

export const commonFaults = [
  MalformedBody, InvalidInput, DoubledField, BadCursor, BodyTooLarge, WrongContentType, NoSuchRoute, MethodNotAllowed, NotSignedIn, InvalidToken, InvalidApiKey, ScopeMissing, NotWithApiKey, Forbidden, NotWhileImpersonating, NotFound,
  AccessUnknown, KeyInUse, KeyReused, AnswerWithheld, KeyMalformed, TooManyRequests, Unavailable, TimedOut, AnswerTooLarge, Broken,
];
