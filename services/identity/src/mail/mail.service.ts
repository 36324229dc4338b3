import { Db } from '@mela/chassis';
import type { DueMail, identity, In, MailOfPerson, NeedlessMail, Out } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { EmailChangeStore } from '../email-change/email-change.store.ts';
import { languageOf } from '../person/language.ts';
import type { Account } from '../person/person.ts';
import { ProfileStore } from '../profile/profile.store.ts';
import { PersonStore } from '../person/person.store.ts';
import { SessionStore } from '../session/session.store.ts';
import { OneTimeTokens } from '../verification/one-time-token.ts';
import { standingOf, type Verification } from '../verification/verification.ts';
import { VerificationStore } from '../verification/verification.store.ts';

/** Whoever gave the address, and chose the words, may have meant it for somebody else. */
const isProven = ({ email, emailVerifiedAt }: Account, address = email): boolean => emailVerifiedAt !== null && address === email;

const needless = (why: NeedlessMail['why']): NeedlessMail => ({ needed: false, why });

type Due = Out<typeof identity.mail>;

/** What a mail is about was said in an event; what stands in it is told here, when it is sent. */
@Injectable()
export class MailService {
  constructor(
    private readonly db: Db,
    private readonly tokens: OneTimeTokens,
  ) {}

  due({ about, id }: In<typeof identity.mail>): Promise<Due> {
    if (about === 'verification') return this.verification(id);
    if (about === 'email_changed') return this.emailChanged(id);
    if (about === 'signed_in_elsewhere') return this.signedInElsewhere(id);
    return this.ofPerson(about, id);
  }

  private async verification(id: string): Promise<Due> {
    const verification = await this.db.get(VerificationStore).find(id);
    const token = verification && this.tokens.tell(verification);
    if (token === undefined) return needless('unknown');
    const standing = standingOf(verification!, verification!.at);
    if (standing !== 'open') return needless(standing);
    const { purpose, email, expiresAt } = verification!;
    const account = await this.reader(verification!);
    if (!account) return needless('nobody');
    const newEmail = purpose === 'confirm_old_email' ? await this.newEmailOf(verification!) : null;
    return { ...(await this.to(account, email)), kind: purpose, token, expiresAt: expiresAt.toISOString(), newEmail };
  }

  /** Whose the address is. Where it has an account already, nobody else is asked to confirm that it is theirs. */
  private async reader({ purpose, personId, email }: Verification): Promise<Account | undefined> {
    const people = this.db.get(PersonStore);
    if (purpose === 'reset_password') return people.withEmail(email);
    if (purpose === 'confirm_new_email' && (await people.withEmail(email))) return undefined;
    return people.find(personId!);
  }

  private async newEmailOf({ changeId }: Verification): Promise<string | null> {
    return (await this.db.get(EmailChangeStore).find(changeId!))?.newEmail ?? null;
  }

  private async ofPerson(about: MailOfPerson, personId: string): Promise<Due> {
    const account = await this.db.get(PersonStore).find(personId);
    if (!account) return needless('nobody');
    // The role of now: where it changed again meanwhile, that is what there is to tell.
    return { ...(await this.to(account)), kind: about === 'role_changed' ? `role_${account.role}` : about };
  }

  /** Told at the address of before: whoever reads there may not have asked for it. */
  private async emailChanged(changeId: string): Promise<Due> {
    const change = await this.db.get(EmailChangeStore).find(changeId);
    if (!change) return needless('unknown');
    const account = await this.db.get(PersonStore).find(change.personId);
    return account ? { ...(await this.to(account)), email: change.oldEmail, kind: 'email_changed' } : needless('nobody');
  }

  /** Also of a sign-in that has ended since: whoever it was may have seen enough. */
  private async signedInElsewhere(sessionId: string): Promise<Due> {
    const session = await this.db.get(SessionStore).toldOf(sessionId);
    if (!session) return needless('unknown');
    const account = await this.db.get(PersonStore).find(session.personId);
    return account ? { ...(await this.to(account)), kind: 'signed_in_elsewhere', signIn: { device: isProven(account) ? session.device : null, at: session.createdAt.toISOString() } } : needless('nobody');
  }

  private async to(account: Account, email = account.email): Promise<Omit<DueMail, 'kind'>> {
    const profile = await this.db.get(ProfileStore).find(account.id);
    const name = isProven(account, email) ? account.name : null;
    return { needed: true, email, name, locale: languageOf(account, profile), timeZone: profile?.timeZone ?? null, token: null, expiresAt: null, newEmail: null, signIn: null };
  }
}
