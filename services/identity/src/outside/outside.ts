import { Email, EmailTaken, LinkedElsewhere, OutsideEmailUnverified, Text, type OutsideLink, type Refusal } from '@mela/contracts';

/** Somebody, as a provider says who they are. */
export interface Vouched {
  /** What the settings call the provider. */
  readonly provider: string;
  readonly issuer: string;
  readonly subject: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

const LONGEST_NAME = 80;
const Name = Text(LONGEST_NAME);

// Apple writes it as text.
const isVerified = (claim: unknown): boolean => claim === true || claim === 'true';

/** Composed before it is cut, and not cut through a character. */
const cut = (text: string): string => text.trim().normalize('NFC').slice(0, LONGEST_NAME).replace(/[\uD800-\uDBFF]$/, '');

/** What may be a name here, by the rule for whoever registers: a provider lets people call themselves anything. */
const nameIn = (said: unknown): string | undefined => (typeof said === 'string' ? Name.safeParse(cut(said)).data : undefined);

/** Whoever is new here. An address that nobody has shown to be theirs makes no account: it might be somebody else's. */
export function newcomer({ claims }: Pick<Vouched, 'claims'>, calledSo?: string): { email: string; name: string } | Refusal {
  const email = Email.safeParse(claims['email']);
  if (!email.success || !isVerified(claims['email_verified'])) return OutsideEmailUnverified();
  // What stands before the @ of an address can always be read.
  const name = nameIn(claims['name']) ?? nameIn(calledSo) ?? nameIn(claims['given_name']) ?? cut(email.data.split('@')[0]!);
  return { email: email.data, name };
}

/** Never linked by the address alone: whoever the account is says so, signed in. */
export const AddressHasAccount = (): Refusal => ({ ...EmailTaken(), hint: 'Sign in the way you did before, and link the provider then' });

/** A subject that signs in to an account, as it is kept. */
export interface Link {
  readonly id: string;
  readonly personId: string;
  readonly provider: string;
  readonly issuer: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
}

export const asLink = ({ id, provider, createdAt, lastUsedAt }: Link): OutsideLink => ({
  id, provider, linkedAt: createdAt.toISOString(), lastUsedAt: lastUsedAt.toISOString(),
});

/** One that is linked to somebody is theirs alone; once more to the same changes nothing. */
export const mayLink = (personId: string, linked: Pick<Link, 'personId'> | undefined): Refusal | undefined =>
  linked === undefined || linked.personId === personId ? undefined : LinkedElsewhere();
