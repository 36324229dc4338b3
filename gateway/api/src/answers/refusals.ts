import { refusal } from '@mela/contracts';

/** What only HTTP itself can get wrong. */
export const MalformedUrl = refusal('request.malformed_url', 400, 'The URL is not encoded correctly', 'Percent-encode what is not a letter, a digit or one of - . _ ~');
export const MalformedRequest = refusal('request.malformed_http', 400, 'This is not an HTTP request');
export const NoHost = refusal('request.no_host', 400, 'The Host header is missing');
export const NoBodyTaken = refusal('request.no_body_taken', 400, 'This operation takes no body', 'Send its values in the query');
export const SlowRequest = refusal('request.too_slow', 408, 'The request did not arrive in time');
export const UrlTooLong = refusal('request.url_too_long', 414, 'A part of the URL is too long');
export const UnmetExpectation = refusal('request.expectation', 417, 'The Expect header asks for something unknown', 'Send 100-continue, or leave it out');
export const HeadersTooLarge = refusal('request.headers_too_large', 431, 'The headers are too large');
