import { isTooLate } from '@mela/bus';
import { Db, SETTINGS } from '@mela/chassis';
import type { Session } from '@mela/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AuditService } from '../audit/audit.service.ts';
import type { EntryCredentials } from '../person/person.store.ts';
import { AccessTokens } from '../session/access-tokens.ts';
import { hashOf, RefreshTokens } from '../session/refresh-token.ts';
import type { IdentitySettings } from '../settings.ts';
import type { Admitted } from '../throttle/sign-in-throttle.ts';
import { UsualWayInStore } from './usual-way-in.store.ts';

/** How nearly everybody signs in: where they did before, with nothing else to be asked, told or mended. */
@Injectable()
export class UsualWayIn {
  constructor(
    private readonly db: Db,
    private readonly refreshTokens: RefreshTokens,
    private readonly accessTokens: AccessTokens,
    private readonly audit: AuditService,
    @Inject(SETTINGS) private readonly settings: Pick<IdentitySettings, 'IDENTITY_SESSION_DAYS'>,
  ) {}

  /** For whoever has shown the password of this account, as it was seen. Undefined, and nothing is written, where this way is not theirs, or not any more. */
  async enter(seen: EntryCredentials, device: string | undefined, { counted, isAtHome }: Admitted): Promise<Session | undefined> {
    const isUsual = isAtHome && !seen.codesOn && seen.suspendedAt === null && seen.deactivatedAt === null;
    // Once it is written it is to be answered: by a key that is at hand, to somebody who still waits.
    if (!isUsual || !this.accessTokens.signsAtOnceWith(seen.signedWith) || isTooLate()) return undefined;
    const id = uuidv7();
    const refreshToken = this.refreshTokens.first(id);
    const isWritten = this.db.get(UsualWayInStore).enter({
      seen,
      session: { id, personId: seen.id, tokenHash: hashOf(refreshToken), device, version: 0 },
      days: this.settings.IDENTITY_SESSION_DAYS,
      entry: this.audit.entryOf({ what: 'signed_in', by: { personId: seen.id }, about: seen.id, device, details: { sessionId: id } }),
      counted,
    });
    // While that is on its way.
    const [session, isEntered] = await Promise.all([this.accessTokens.sessionOf(seen, id, refreshToken, seen.signedWith), isWritten]);
    return isEntered ? session : undefined;
  }
}
