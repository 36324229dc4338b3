import { LastWayIn, type Refusal } from '@mela/contracts';

/** With what somebody may sign in. */
export interface WaysIn {
  readonly hasPassword: boolean;
  readonly passkeys: number;
  /** Of the providers' accounts that are linked. */
  readonly issuers: readonly string[];
}

/** Whether anybody may sign in with an issuer's word. */
export interface Vouching {
  vouches(issuer: string): boolean;
}

/** What is left to whoever takes one away decides. A link to an issuer that the settings name no more is no way in. */
export const mayLeave = ({ hasPassword, passkeys, issuers }: WaysIn, providers: Vouching): Refusal | undefined =>
  hasPassword || passkeys > 0 || issuers.some((issuer) => providers.vouches(issuer)) ? undefined : LastWayIn();
