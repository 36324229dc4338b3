import { timingSafeEqual } from 'node:crypto';
import { Db, hashOfApiKey, LOG, readApiKey } from '@mela/chassis';
import { InvalidApiKey, type identity, type In, type Out, type Refusal } from '@mela/contracts';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { AuditService } from '../audit/audit.service.ts';
import { AccessTokens } from '../session/access-tokens.ts';
import { judge, secondsFor, type KnownSecret, type Verdict } from './api-key.ts';
import { ApiKeyStore } from './api-key.store.ts';

const WHY: Readonly<Record<Exclude<Verdict, 'good'>, string>> = {
  unknown: 'Nobody has it',
  revoked: 'It was revoked',
  expired: 'It has expired, or was rotated',
};

/** Keys, as gateways show them. */
@Injectable()
export class KeyExchangeService {
  constructor(
    private readonly db: Db,
    private readonly accessTokens: AccessTokens,
    private readonly audit: AuditService,
    @Inject(LOG) private readonly log: Pick<Logger, 'warn'>,
  ) {}

  /** Whatever its owner is on the platform, a key is a member. */
  async exchange({ key }: In<typeof identity.exchangeApiKey>): Promise<Out<typeof identity.exchangeApiKey> | Refusal> {
    const shown = readApiKey(key);
    if (!shown) return InvalidApiKey('It is mistyped, or a part of it is missing');
    const known = await this.db.get(ApiKeyStore).known(shown.prefix);
    const verdict = judge(known, { matches: known !== undefined && timingSafeEqual(known.hash, hashOfApiKey(key)) });
    if (verdict !== 'good' || !known) return this.refuse(known, verdict === 'good' ? 'unknown' : verdict);
    // Nobody waits until it is written, and a key is none the worse where it cannot be.
    void this.db.get(ApiKeyStore).noteUse(known.id).catch((error: unknown) => this.log.warn({ reason: String(error) }, 'when an API key was used could not be noted'));
    return this.accessTokens.issue({ id: known.personId, role: 'member' }, known.id, { seconds: secondsFor(known), key: { id: known.keyId, scopes: known.scopes } });
  }

  /** Noted for its owner, once a minute at the most: the prefix is no secret, so anybody may try. */
  private async refuse(known: KnownSecret | undefined, verdict: Exclude<Verdict, 'good'>): Promise<Refusal> {
    if (known)
      await this.db.transaction(async (tx) => {
        if (!(await tx.get(ApiKeyStore).noteRefusal(known.id))) return;
        await this.audit.note(tx, { what: 'api_key_refused', by: null, about: known.personId, details: { keyId: known.keyId, why: verdict === 'unknown' ? 'wrong' : verdict } });
      });
    return InvalidApiKey(WHY[verdict]);
  }
}
