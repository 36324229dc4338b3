import type { Caller } from '@mela/bus';
import { Db, type Tx } from '@mela/chassis';
import { isRefusal, PersonUnknown, SecondFactorOff, type identity, type In, type Out, type Refusal } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { lookAfter } from '../account/look-after.ts';
import { AuditService } from '../audit/audit.service.ts';
import { foldedEmail } from '../person/person.ts';
import { PersonStore } from '../person/person.store.ts';
import { SecondFactorStore } from '../second-factor/second-factor.store.ts';
import { turnOff } from '../second-factor/turn-off.ts';
import { endSessions } from '../session/end-sessions.ts';

type Outcome = Out<typeof identity.resetSecondFactor> | Refusal;

const NothingToReset = (): Refusal => ({ ...SecondFactorOff(), hint: 'What keeps this person out is something else' });

/** The way back for whoever has lost the app and the recovery codes: another vouches for them. */
@Injectable()
export class SecondFactorResetService {
  constructor(
    private readonly db: Db,
    private readonly audit: AuditService,
  ) {}

  reset(caller: Caller, { personId, reason }: In<typeof identity.resetSecondFactor>): Promise<Outcome> {
    return this.db.transaction(async (tx) => {
      const other = await lookAfter(tx, caller, personId);
      return isRefusal(other) ? other : this.change(tx, personId, caller, reason);
    });
  }

  /** For those whom nobody on the platform may help, such as the last super-admin. */
  resetAsOperator({ email, reason }: In<typeof identity.resetSecondFactorAsOperator>): Promise<Outcome> {
    return this.db.transaction(async (tx) => {
      const account = await tx.get(PersonStore).lock({ email: foldedEmail(email) });
      return account ? this.change(tx, account.id, null, reason) : PersonUnknown();
    });
  }

  /** Whoever has their password and took the phone may be signed in: so nobody is. */
  private async change(tx: Tx, personId: string, by: Caller | null, reason: string): Promise<Outcome> {
    const totp = await tx.get(SecondFactorStore).lock(personId);
    if (!totp || totp.confirmedAt === null) return NothingToReset();
    await turnOff(tx, personId, 'reset');
    const ended = await endSessions(tx, personId);
    await this.audit.note(tx, { what: 'second_factor_reset', by, about: personId, details: { reason, ended } });
    return { ended };
  }
}
