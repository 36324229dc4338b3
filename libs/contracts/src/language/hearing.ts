import { z } from 'zod';
import { person } from './access.ts';
import { Instant } from './models.ts';
import { query } from './operation.ts';
import { refusal } from './refusal.ts';

export const MayNotHear = refusal('topic.forbidden', 403, 'You may not hear this topic');

/**
 * The right to hear rests on a scope (`community:42` as member): when the scope is lost, so is every topic resting on it.
 * The person has had the right without interruption `since` then: what happened before is not theirs to hear.
 */
export const Hearing = z.object({ topic: z.string(), scope: z.string(), since: Instant });

/** The operation a topic kind names in `grantedBy`: the caller asks for itself, the owner of the topic decides. */
export const hearing = (summary: string) =>
  query({ summary, access: person, input: z.object({ topic: z.string().max(100) }), output: Hearing, refusals: [MayNotHear] });
