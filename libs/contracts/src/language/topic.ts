import { z } from 'zod';
import { person } from './access.ts';
import { query } from './operation.ts';
import { refusal } from './refusal.ts';

declare const topicName: unique symbol;
/** `community:42`: what a client subscribes to and an event's audience names. */
export type TopicName = string & { readonly [topicName]: true };

export interface TopicKind {
  (key: string): TopicName;
  readonly kind: string;
  /** The operation that says whether a person may hear it. */
  readonly grantedBy: string;
}

export function topicKind(kind: string, options: { grantedBy: string }): TopicKind {
  return Object.assign((key: string) => `${kind}:${key}` as TopicName, { kind, ...options });
}

export function parseTopic(name: string): { kind: string; key: string } | undefined {
  const match = /^([a-z]+(?:-[a-z]+)*):([A-Za-z0-9-]{1,64})$/.exec(name);
  return match ? { kind: match[1]!, key: match[2]! } : undefined;
}

export const MayNotHear = refusal('topic.forbidden', 403, 'You may not hear this topic');

/** The right to hear rests on a scope (`community:42` as member): when the scope is lost, so is every topic resting on it. */
export const Hearing = z.object({ topic: z.string(), scope: z.string() });

/** The operation a topic kind names in `grantedBy`: the caller asks for itself, the owner of the topic decides. */
export const hearing = (summary: string) =>
  query({ summary, access: person, input: z.object({ topic: z.string().max(100) }), output: Hearing, refusals: [MayNotHear] });
