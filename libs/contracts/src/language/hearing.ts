import { z } from 'zod';
import { person } from './access.ts';
import { Instant } from './models.ts';
import { query } from './operation.ts';
import { refusal } from './refusal.ts';

export const MayNotHear = refusal('topic.forbidden', 403, 'You may not hear this topic');

/** A person's right to hear whatever rests on a scope (`community:42` as member). */
export interface Right {
  readonly personId: string;
  readonly scope: string;
}

/** The right to hear rests on a scope: when the scope is lost, so is every topic resting on it. `since`: how long the person has had it without a break. */
export const Hearing = z.object({ topic: z.string(), scope: z.string(), since: Instant });

/** The operation a topic kind names in `grantedBy`: the caller asks for itself, the owner of the topic decides. */
export const hearing = (summary: string) =>
  query({ summary, access: person, input: z.object({ topic: z.string().max(100) }), output: Hearing, refusals: [MayNotHear] });
