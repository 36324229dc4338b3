import { Db, lasting } from '@mela/chassis';
import { isRefusal, WrongCredentials, type identity, type In, type Refusal, type Session } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.ts';
import { PasswordHasher } from '../person/password-hasher.ts';
import { isOutdated, parseHash } from '../person/password.ts';
import { foldedEmail } from '../person/person.ts';
import { PersonStore } from '../person/person.store.ts';
import { Challenges } from '../second-factor/challenges.ts';
import { SessionOpening } from '../session/session-opening.ts';
import { SignInThrottle, type Admitted } from '../throttle/sign-in-throttle.ts';
import { UsualWayIn } from './usual-way-in.ts';

type Shown = In<typeof identity.signIn>;

/** The password is another one since it was looked at. */
const CHANGED = Symbol('changed');

/** By e-mail address and password. */
@Injectable()
export class SignInService {
  constructor(
    private readonly db: Db,
    private readonly hasher: PasswordHasher,
    private readonly throttle: SignInThrottle,
    private readonly challenges: Challenges,
    private readonly usual: UsualWayIn,
    private readonly opening: SessionOpening,
    private readonly audit: AuditService,
  ) {}

  /** An address that nobody has and a wrong password take the same steps and get the same answer. */
  async signIn(shown: Shown): Promise<Session | Refusal> {
    const email = foldedEmail(shown.email);
    const [account, attempt] = await Promise.all([this.db.get(PersonStore).seekCredentials(email), this.throttle.admit(email)]);
    if (isRefusal(attempt)) return attempt;
    // Whoever has no password is, for whoever guesses one, like somebody who is not there.
    const stored = account?.passwordHash ?? undefined;
    const matches = await this.hasher.matches(shown.password, stored);
    if (isRefusal(matches)) {
      await attempt.giveBack();
      return matches;
    }
    if (!account || stored === undefined || !matches) return this.fail(email, account?.id, shown.device);
    const session = isOutdated(parseHash(stored)) ? undefined : await this.usual.enter(account, shown.device, attempt);
    if (session) return session;
    const outcome = await this.enter(account.id, stored, shown, attempt);
    return outcome === CHANGED ? this.signIn(shown) : outcome;
  }

  /** By whatever way it takes. */
  private async enter(personId: string, stored: string, { password, device }: Shown, attempt: Admitted): Promise<Session | Refusal | typeof CHANGED> {
    const better = isOutdated(parseHash(stored)) ? await this.hasher.hash(password) : undefined;
    return this.db.transaction(async (tx) => {
      const people = tx.get(PersonStore);
      const held = await people.holdCredentials(personId);
      if (held?.passwordHash !== stored) return CHANGED;
      if (typeof better === 'string') await people.rehash(personId, better);
      // It was the right password, whatever else is missing.
      tx.goesAlong(attempt.succeed(tx));
      // A challenge is of the hash that is kept from now on.
      return this.challenges.neededBy({ ...held, passwordHash: typeof better === 'string' ? better : stored }, device) ?? this.opening.open(tx, held, device, { isAtHome: attempt.isAtHome, signedWith: held.signedWith });
    });
  }

  private fail(email: string, about: string | undefined, device: string | undefined): Promise<Refusal> {
    return this.db.transaction(async (tx) => {
      await this.audit.noteFailure(tx, email, { about, device });
      return lasting(WrongCredentials());
    });
  }
}
