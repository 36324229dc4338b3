import type { Refusal } from '@mela/contracts';
import { traceIdOf } from '../context.ts';

export const PROBLEM = 'application/problem+json';

/** RFC 9457. The type names the code's page in the documentation; there is never a stack. */
export const problem = (refusal: Refusal, traceparent: string | undefined) => ({
  type: `urn:mela:problem:${refusal.code}`,
  title: refusal.title,
  status: refusal.status,
  code: refusal.code,
  ...(refusal.detail === undefined ? {} : { detail: refusal.detail }),
  ...(refusal.hint === undefined ? {} : { hint: refusal.hint }),
  ...(traceparent === undefined ? {} : { traceId: traceIdOf(traceparent) }),
  ...refusal.facts,
});
