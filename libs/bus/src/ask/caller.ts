import type { Operation, PlatformRole } from '@mela/contracts';

/** Who asks: taken from a verified access token, never from a header of its own. */
export interface Caller {
  readonly personId: string;
  readonly sessionId: string;
  /** On the platform, as it was when the token was given. */
  readonly role: PlatformRole;
}

export type CallerOf<Op extends Operation> = Op['access'] extends { rule: 'anyone' }
  ? Caller | undefined
  : Op['access'] extends { rule: 'service' }
    ? undefined
    : Caller;
