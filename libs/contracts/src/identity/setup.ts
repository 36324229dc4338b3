import { z } from 'zod';
import { person } from '../language/access.ts';
import { event } from '../language/event.ts';
import { perUser } from '../language/limit.ts';
import { Id, Instant, id } from '../language/models.ts';
import { command, query } from '../language/operation.ts';
import { topic } from '../topics.ts';

/** What a new person is led through, in this order. The region is locale and time zone, preferences are units and theme. */
export const SetupStep = z.enum(['handle', 'name', 'avatar', 'region', 'preferences']);
export type SetupStep = z.output<typeof SetupStep>;

export const Setup = z.object({
  steps: z.array(z.object({ step: SetupStep, state: z.enum(['done', 'skipped', 'open']) })),
  /** The first that is open. */
  next: SetupStep.nullable(),
  /** When nothing was open for the first time. */
  completedAt: Instant.nullable(),
});
export type Setup = z.output<typeof Setup>;

export const ProfileCompleted = event('profile.completed', {
  summary: 'A person has done or skipped every step of setting up their profile, for the first time',
  aggregate: 'profile',
  data: z.object({ userId: Id }),
  audience: (e) => [topic.person(e.userId)],
  example: { userId: id(1) },
});

export const setupOperations = {
  setup: query({
    summary: 'How far the caller has come in setting up their profile',
    http: 'GET /identity/me/setup',
    access: person,
    limit: perUser(600, '1m'),
    input: z.object({}),
    output: Setup,
  }),
  skipSetupStep: command({
    summary: 'Skip a step of setting up the profile; one that is done stays done',
    http: 'POST /identity/me/setup/:step/skip',
    access: person,
    limit: perUser(60, '1m'),
    input: z.object({ step: SetupStep }),
    output: Setup,
    emits: [ProfileCompleted],
    inPerson: true,
    byKey: true,
  }),
};
