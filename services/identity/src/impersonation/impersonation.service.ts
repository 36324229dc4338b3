import type { Caller } from '@mela/bus';
import { Db, SETTINGS } from '@mela/chassis';
import { PersonUnknown, type identity, type Impersonation, type In, type Refusal } from '@mela/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AuditService } from '../audit/audit.service.ts';
import { asPerson } from '../person/person.ts';
import { PersonStore } from '../person/person.store.ts';
import { AccessTokens } from '../session/access-tokens.ts';
import { SessionStore } from '../session/session.store.ts';
import type { IdentitySettings } from '../settings.ts';
import { mayImpersonate } from './impersonation.ts';

@Injectable()
export class ImpersonationService {
  constructor(
    private readonly db: Db,
    private readonly accessTokens: AccessTokens,
    private readonly audit: AuditService,
    @Inject(SETTINGS) private readonly settings: Pick<IdentitySettings, 'IDENTITY_IMPERSONATION_MINUTES'>,
  ) {}

  begin(caller: Caller, { personId, reason }: In<typeof identity.impersonate>): Promise<Impersonation | Refusal> {
    const minutes = this.settings.IDENTITY_IMPERSONATION_MINUTES;
    return this.db.transaction(async (tx) => {
      const people = tx.get(PersonStore);
      // Held as wherever roles are given: whoever loses theirs meanwhile loses this session with the others.
      await people.lockSuperAdmins();
      const [asker, person] = await people.lockBoth(caller.personId, personId);
      if (!person) return PersonUnknown();
      const refused = mayImpersonate(asker, person);
      if (refused) return refused;
      const sessionId = uuidv7();
      await tx.get(SessionStore).insertImpersonation({ id: sessionId, personId, impersonatorId: caller.personId }, minutes);
      await this.audit.note(tx, { what: 'impersonated', by: caller, about: personId, details: { reason, sessionId } });
      return { person: asPerson(person), ...(await this.accessTokens.issue(person, sessionId, { seconds: minutes * 60, actor: caller.personId })) };
    });
  }
}
