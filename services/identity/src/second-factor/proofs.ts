import type { Caller } from '@mela/bus';
import { lasting, type Tx } from '@mela/chassis';
import { WrongCode, type Refusal } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.ts';
import { PersonStore } from '../person/person.store.ts';
import { RecoveryCodes } from './recovery-codes.ts';
import { isFresh, mayTry, oneMoreWrong, type Proof } from './second-factor.ts';
import { SecondFactorStore, type LockedTotp } from './second-factor.store.ts';
import { TotpSecrets } from './totp-secrets.ts';

interface Occasion {
  /** Whoever is signed in, or nobody yet. */
  readonly by: Caller | null;
  readonly device?: string | undefined;
}

/** What somebody shows beside their password: each works once, and few may be wrong. */
@Injectable()
export class Proofs {
  constructor(
    private readonly secrets: TotpSecrets,
    private readonly codes: RecoveryCodes,
    private readonly audit: AuditService,
  ) {}

  /** What codes of theirs are held against, while they are asked for. The account is held before it, as wherever both are: so that nobody waits in a circle. */
  async held(tx: Tx, personId: string): Promise<LockedTotp | undefined> {
    await tx.get(PersonStore).hold(personId);
    const totp = await tx.get(SecondFactorStore).lock(personId);
    return totp && totp.confirmedAt !== null ? totp : undefined;
  }

  /** Undefined where it is right, and used with that. The row is held, so of many at once each is counted. */
  async take(tx: Tx, totp: LockedTotp, proof: Proof, { by, device }: Occasion): Promise<Refusal | undefined> {
    const refused = mayTry(totp, totp.at);
    if (refused) return refused;
    const about = totp.personId;
    if (await this.isRight(tx, totp, proof)) {
      if ('recoveryCode' in proof) await this.audit.note(tx, { what: 'recovery_code_used', by: by ?? { personId: about }, about, device });
      return undefined;
    }
    await tx.get(SecondFactorStore).noteWrong(about, oneMoreWrong(totp, totp.at));
    await this.audit.note(tx, { what: 'second_factor_failed', by, about, device, details: { method: 'code' in proof ? 'totp' : 'recovery_code' } });
    return lasting(WrongCode());
  }

  private async isRight(tx: Tx, totp: LockedTotp, proof: Proof): Promise<boolean> {
    const store = tx.get(SecondFactorStore);
    if ('recoveryCode' in proof) return store.spendCode(totp.personId, this.codes.hashOf(totp.personId, proof.recoveryCode));
    const step = this.secrets.stepOf(proof.code, totp, totp.at);
    if (step === undefined || !isFresh(step, totp)) return false;
    await store.take(totp.personId, step);
    return true;
  }
}
