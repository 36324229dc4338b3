import { SetupStep, type Profile, type Setup } from '@mela/contracts';

export interface SetupState {
  readonly skipped: readonly string[];
  readonly completedAt: Date | null;
}

const isDone: Readonly<Record<SetupStep, (profile: Profile) => boolean>> = {
  handle: ({ handle }) => handle !== null,
  name: ({ name }) => name !== '',
  avatar: ({ avatar }) => avatar !== null,
  region: ({ locale, timeZone }) => locale !== null && timeZone !== null,
  preferences: ({ units, theme }) => units !== null && theme !== null,
};

/** Done is what the profile says, whoever skipped it before; what is cleared again is open, or skipped as it was. */
export function asSetup(profile: Profile, { skipped, completedAt }: SetupState): Setup {
  const steps = SetupStep.options.map((step) => ({ step, state: isDone[step](profile) ? 'done' : skipped.includes(step) ? 'skipped' : 'open' }) as const);
  return { steps, next: steps.find(({ state }) => state === 'open')?.step ?? null, completedAt: completedAt?.toISOString() ?? null };
}

/** It is complete once: what is opened again afterwards completes nothing anew. */
export const isCompletedNow = ({ next, completedAt }: Setup): boolean => next === null && completedAt === null;
