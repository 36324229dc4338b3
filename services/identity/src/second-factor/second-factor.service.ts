import type { Caller } from '@mela/bus';
import { Db, type Tx } from '@mela/chassis';
import { isRefusal, SecondFactorOff, SecondFactorOn, UserSecondFactorChanged, type identity, type In, type Out, type Refusal, type SecondFactor } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.ts';
import { KnownPassword } from '../person/known-password.ts';
import { PersonStore } from '../person/person.store.ts';
import { Proofs } from './proofs.ts';
import { RecoveryCodes } from './recovery-codes.ts';
import { asSecondFactor, proofOf } from './second-factor.ts';
import { SecondFactorStore } from './second-factor.store.ts';
import { TotpSecrets } from './totp-secrets.ts';
import { turnOff } from './turn-off.ts';

@Injectable()
export class SecondFactorService {
  constructor(
    private readonly db: Db,
    private readonly passwords: KnownPassword,
    private readonly proofs: Proofs,
    private readonly secrets: TotpSecrets,
    private readonly codes: RecoveryCodes,
    private readonly audit: AuditService,
  ) {}

  async find(personId: string): Promise<SecondFactor> {
    return asSecondFactor(await this.db.get(SecondFactorStore).find(personId));
  }

  async begin(caller: Caller, { password }: In<typeof identity.beginTotp>): Promise<Out<typeof identity.beginTotp> | Refusal> {
    const { personId } = caller;
    const account = await this.passwords.check(caller, password);
    if (isRefusal(account)) return account;
    const { secret, uri, sealed } = this.secrets.make(personId, account.email);
    return (await this.db.get(SecondFactorStore).begin(personId, sealed)) ? { secret, uri } : SecondFactorOn();
  }

  confirm(caller: Caller, { code }: In<typeof identity.confirmTotp>): Promise<Out<typeof identity.confirmTotp> | Refusal> {
    const { personId } = caller;
    return this.db.transaction(async (tx) => {
      // Sign-ins hold the account: those that asked for no code have ended with this, and those that begin will ask.
      await tx.get(PersonStore).lock({ id: personId });
      const totp = await tx.get(SecondFactorStore).lock(personId);
      if (!totp) return SecondFactorOff();
      if (totp.confirmedAt !== null) return SecondFactorOn();
      const refused = await this.proofs.take(tx, totp, { code }, { by: caller });
      if (refused) return refused;
      await tx.get(SecondFactorStore).confirm(personId);
      const changed = await tx.get(PersonStore).askForCodes(personId, true);
      tx.emit(UserSecondFactorChanged, changed, { userId: personId, change: 'on' });
      await this.audit.note(tx, { what: 'second_factor_on', by: caller, about: personId });
      return this.give(tx, personId);
    });
  }

  remove(caller: Caller, input: In<typeof identity.removeTotp>): Promise<SecondFactor | Refusal> {
    const { personId } = caller;
    return this.proven(caller, input, async (tx) => {
      await turnOff(tx, personId, 'off');
      await this.audit.note(tx, { what: 'second_factor_off', by: caller, about: personId });
      return asSecondFactor(undefined);
    });
  }

  renewCodes(caller: Caller, input: In<typeof identity.renewRecoveryCodes>): Promise<Out<typeof identity.renewRecoveryCodes> | Refusal> {
    return this.proven(caller, input, async (tx) => {
      await this.audit.note(tx, { what: 'recovery_codes_renewed', by: caller, about: caller.personId });
      return this.give(tx, caller.personId);
    });
  }

  private async give(tx: Tx, personId: string): Promise<{ recoveryCodes: string[] }> {
    const recoveryCodes = this.codes.make();
    await tx.get(SecondFactorStore).replaceCodes(personId, recoveryCodes.map((code) => this.codes.hashOf(personId, code)));
    return { recoveryCodes };
  }

  /** For whoever knows the password and has a code besides. */
  private async proven<R>(caller: Caller, input: In<typeof identity.removeTotp>, change: (tx: Tx) => Promise<R>): Promise<R | Refusal> {
    const account = await this.passwords.check(caller, input.password);
    if (isRefusal(account)) return account;
    return this.db.transaction(async (tx) => {
      const totp = await this.proofs.held(tx, caller.personId);
      if (!totp) return SecondFactorOff();
      const proof = proofOf(input);
      if (isRefusal(proof)) return proof;
      return (await this.proofs.take(tx, totp, proof, { by: caller })) ?? change(tx);
    });
  }
}
