import { createHash } from 'node:crypto';

/** Somebody who has an account at the provider. */
export interface OutsideAccount {
  readonly sub: string;
  readonly email: string;
  readonly email_verified: boolean;
  readonly name: string;
}

export type AccountDraft = Pick<OutsideAccount, 'email'> & Partial<OutsideAccount>;

const SUBJECT_CHARS = 24;

/** Everybody whom the provider knows, while it runs. */
export class Accounts {
  private readonly known = new Map<string, OutsideAccount>();

  /** A new one, or one that is known by its subject and says something else of itself from now on. */
  put({ email, sub = subjectOf(email), email_verified = true, name = email.split('@')[0]! }: AccountDraft): OutsideAccount {
    const account = { sub, email, email_verified, name };
    this.known.set(sub, account);
    return account;
  }

  find(sub: string): OutsideAccount | undefined {
    return this.known.get(sub);
  }

  list(): readonly OutsideAccount[] {
    return [...this.known.values()];
  }
}

/** The same for the same address, so that whoever types one is who they were before the provider was started anew. */
const subjectOf = (email: string): string => createHash('sha256').update(email.toLowerCase()).digest('hex').slice(0, SUBJECT_CHARS);
