import type { Operation } from '@mela/contracts';

/** Who asks: taken from a verified access token, never from a header of its own. */
export interface Caller {
  readonly personId: string;
  readonly sessionId: string;
}

export type CallerOf<Op extends Operation> = Op['access'] extends { rule: 'anyone' }
  ? Caller | undefined
  : Op['access'] extends { rule: 'service' }
    ? undefined
    : Caller;
