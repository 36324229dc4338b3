import { ChallengeRefused, InvalidInput, TooManyCodes, type Refusal, type SecondFactor } from '@mela/contracts';

const WRONG_WITHIN_MS = 15 * 60_000;
const WRONG_PER_ACCOUNT = 10;
const WRONG_PER_CHALLENGE = 5;

export const RECOVERY_CODES = 10;

/** Whoever has a secret in an authenticator app, or is about to. */
export interface TotpState {
  readonly personId: string;
  readonly sealedSecret: Buffer;
  /** Null until a code has shown that the app has the secret. */
  readonly confirmedAt: Date | null;
  /** Of the last code that was taken. */
  readonly lastStep: number;
  /** When codes were wrong, lately. */
  readonly wrongCodes: readonly Date[];
}

export interface Standing {
  readonly confirmedAt: Date | null;
  readonly recoveryCodesLeft: number;
}

/** What somebody shows beside their password. */
export type Proof = { readonly code: string } | { readonly recoveryCode: string };

/** What became of a challenge so far. */
export interface ChallengeState {
  readonly wrongCodes: number;
  readonly isSpent: boolean;
}

export const asSecondFactor = (standing: Standing | undefined): SecondFactor => {
  const since = standing?.confirmedAt;
  return since ? { totp: { since: since.toISOString() }, recoveryCodesLeft: standing.recoveryCodesLeft } : { totp: null, recoveryCodesLeft: 0 };
};

export function proofOf({ code, recoveryCode }: { readonly code?: string | undefined; readonly recoveryCode?: string | undefined }): Proof | Refusal {
  if (code !== undefined && recoveryCode === undefined) return { code };
  if (recoveryCode !== undefined && code === undefined) return { recoveryCode };
  return InvalidInput('Send a code or a recovery code, and not both');
}

/** A code of a step that is not behind the last one: whoever saw one being typed cannot use it again. */
export const isFresh = (step: number, { lastStep }: Pick<TotpState, 'lastStep'>): boolean => step > lastStep;

const lately = (wrong: readonly Date[], at: Date): Date[] =>
  wrong.filter((one) => one.getTime() > at.getTime() - WRONG_WITHIN_MS).toSorted((a, b) => a.getTime() - b.getTime());

/** Whoever guesses is stopped, and for as long whoever is right: there is no telling them apart. */
export function mayTry({ wrongCodes }: Pick<TotpState, 'wrongCodes'>, at: Date): Refusal | undefined {
  const wrong = lately(wrongCodes, at);
  if (wrong.length < WRONG_PER_ACCOUNT) return undefined;
  const possible = wrong.at(-WRONG_PER_ACCOUNT)!.getTime() + WRONG_WITHIN_MS;
  const possibleAt = new Date(possible).toISOString();
  return TooManyCodes(`It is possible again at ${possibleAt}`, { possibleAt, retryAfter: Math.ceil((possible - at.getTime()) / 1000) });
}

export const oneMoreWrong = ({ wrongCodes }: Pick<TotpState, 'wrongCodes'>, at: Date): readonly Date[] => [...lately(wrongCodes, at), at];

export const mayGoOn = ({ wrongCodes, isSpent }: ChallengeState): Refusal | undefined => (isSpent || wrongCodes >= WRONG_PER_CHALLENGE ? ChallengeRefused() : undefined);
