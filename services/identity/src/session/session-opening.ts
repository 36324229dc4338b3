import { lasting, SETTINGS, type Tx } from '@mela/chassis';
import { SessionOpenedElsewhere, Suspended, type Refusal, type Session } from '@mela/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AuditService } from '../audit/audit.service.ts';
import { Reopening } from '../departure/reopening.ts';
import type { Account } from '../person/person.ts';
import type { IdentitySettings } from '../settings.ts';
import { FamiliarPlaces } from '../throttle/familiar-places.ts';
import { AccessTokens } from './access-tokens.ts';
import { hashOf, RefreshTokens } from './refresh-token.ts';
import { SessionStore } from './session.store.ts';

/** What whoever opens a session has learnt on the way. */
interface Known {
  /** They signed in from here within a day. */
  readonly isAtHome?: boolean;
  /** Which key signs at this moment. */
  readonly signedWith?: string;
}

/** Where every way in ends. */
@Injectable()
export class SessionOpening {
  constructor(
    private readonly refreshTokens: RefreshTokens,
    private readonly accessTokens: AccessTokens,
    private readonly places: FamiliarPlaces,
    private readonly reopening: Reopening,
    private readonly audit: AuditService,
    @Inject(SETTINGS) private readonly settings: Pick<IdentitySettings, 'IDENTITY_SESSION_DAYS'>,
  ) {}

  /**
   * For whoever has shown who they are, in whatever way: only here is a sign-in refused to those who are shut out. The account is
   * held, so it is as it is now until this session is there to be ended: whoever is shut out meanwhile is so afterwards.
   */
  async open(tx: Tx, held: Account, device: string | undefined, { isAtHome = false, signedWith }: Known = {}): Promise<Session | Refusal> {
    if (held.suspendedAt !== null) {
      await this.audit.note(tx, { what: 'sign_in_failed', by: null, about: held.id, device, details: { suspended: true } });
      return lasting(Suspended());
    }
    const account = held.deactivatedAt === null ? held : await this.reopening.reopen(tx, held);
    const id = uuidv7();
    const refreshToken = this.refreshTokens.first(id);
    const { isElsewhere } = isAtHome ? { isElsewhere: false } : await this.places.arrive(tx, account.id);
    const session = { id, personId: account.id, tokenHash: hashOf(refreshToken), device, version: isElsewhere ? 1 : 0 };
    if (isElsewhere) tx.emit(SessionOpenedElsewhere, session, { sessionId: id, userId: account.id });
    tx.goesAlong(tx.get(SessionStore).insert(session, this.settings.IDENTITY_SESSION_DAYS));
    tx.goesAlong(this.audit.note(tx, { what: 'signed_in', by: { personId: account.id }, about: account.id, device, details: { sessionId: id, ...(isElsewhere ? { elsewhere: true } : {}) } }));
    return this.accessTokens.sessionOf(account, id, refreshToken, signedWith);
  }
}
