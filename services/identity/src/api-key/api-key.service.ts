import type { Caller } from '@mela/bus';
import { Db, decodeKeyset, hashOfApiKey, newApiKey, pageOfRows, SETTINGS, type Tidies, type Tx } from '@mela/chassis';
import {
  ApiKeyCreated, ApiKeyRevoked, ApiKeyRotated, ApiKeyUnknown, isRefusal, mela, scopesOf, SessionRevoked, type identity, type In, type IssuedApiKey, type Out, type Refusal,
} from '@mela/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AuditService } from '../audit/audit.service.ts';
import { OwnerProofs } from '../owner-proof/owner-proofs.ts';
import { AccountGone } from '../person/account-gone.ts';
import type { Account } from '../person/person.ts';
import { PersonStore } from '../person/person.store.ts';
import type { IdentitySettings } from '../settings.ts';
import { asApiKey, mayCreate, mayRotate, readScopes } from './api-key.ts';
import { ApiKeyStore } from './api-key.store.ts';

const SCOPES = scopesOf(mela);

/** Keys, as their owners look after them. */
@Injectable()
export class ApiKeyService implements Tidies {
  constructor(
    private readonly db: Db,
    private readonly owners: OwnerProofs,
    private readonly audit: AuditService,
    @Inject(SETTINGS) private readonly settings: Pick<IdentitySettings, 'IDENTITY_API_KEYS' | 'IDENTITY_API_KEY_OVERLAP_MINUTES'>,
  ) {}

  async list({ personId }: Caller, { after, limit }: In<typeof identity.apiKeys>): Promise<Out<typeof identity.apiKeys> | Refusal> {
    const behind = decodeKeyset(after);
    if (isRefusal(behind)) return behind;
    const rows = await this.db.get(ApiKeyStore).newestOf(personId, behind, limit + 1);
    return pageOfRows(rows, limit, { key: ({ exactAt, id }) => [exactAt, id], item: asApiKey });
  }

  /** It outlives the sign-in, and the password: whoever took a session makes none without knowing that. */
  async create(caller: Caller, { name, scopes: asked, expiresInDays, ...shown }: In<typeof identity.createApiKey>): Promise<IssuedApiKey | Refusal> {
    const { personId } = caller;
    const scopes = readScopes(asked, SCOPES);
    if (isRefusal(scopes)) return scopes;
    const before = await this.db.get(PersonStore).find(personId);
    if (!before) return AccountGone();
    // Before what is shown: that may be good for once only.
    const full = await this.unlessRoom(this.db.get(ApiKeyStore), before);
    if (full) return full;
    const holder = await this.owners.check(caller, shown);
    if (isRefusal(holder)) return holder;
    return this.db.transaction(async (tx) => {
      // Until it is there to be ended: whoever is shut out meanwhile has none afterwards.
      const owner = await this.owners.held(tx, holder);
      if (isRefusal(owner)) return owner;
      const refused = await this.unlessRoom(tx.get(ApiKeyStore), owner);
      if (refused) return refused;
      const id = uuidv7();
      await tx.get(ApiKeyStore).insert({ id, personId, name, scopes, days: expiresInDays });
      const issued = await this.issue(tx, personId, id);
      tx.emit(ApiKeyCreated, { id, version: 1 }, { keyId: id, userId: personId });
      await this.audit.note(tx, { what: 'api_key_created', by: caller, about: personId, details: { keyId: id, prefix: issued.prefix, scopes, expiresAt: issued.expiresAt } });
      return issued;
    });
  }

  async rotate(caller: Caller, { keyId, overlapMinutes, ...shown }: In<typeof identity.rotateApiKey>): Promise<IssuedApiKey | Refusal> {
    const { personId } = caller;
    const overlap = overlapMinutes ?? this.settings.IDENTITY_API_KEY_OVERLAP_MINUTES;
    // Before what is shown, too.
    const hopeless = mayRotate(await this.db.get(ApiKeyStore).find(personId, keyId), overlap);
    if (hopeless) return hopeless;
    const holder = await this.owners.check(caller, shown);
    if (isRefusal(holder)) return holder;
    return this.db.transaction(async (tx) => {
      const owner = await this.owners.held(tx, holder);
      if (isRefusal(owner)) return owner;
      const keys = tx.get(ApiKeyStore);
      const refused = mayRotate(await keys.lock(personId, keyId), overlap);
      if (refused) return refused;
      const before = await keys.secretsAlive([keyId]);
      await keys.endSecrets(keyId, overlap);
      const issued = await this.issue(tx, personId, keyId);
      tx.emit(ApiKeyRotated, { id: keyId, version: await keys.say(keyId) }, { keyId, userId: personId });
      if (overlap === 0) this.endTokens(tx, personId, before);
      await this.audit.note(tx, { what: 'api_key_rotated', by: caller, about: personId, details: { keyId, prefix: issued.prefix, overlapMinutes: overlap } });
      return issued;
    });
  }

  /** Whose key it is not learns no more than that they have none of that name. One that has ended already is as good as revoked. */
  revoke(caller: Caller, { keyId }: In<typeof identity.revokeApiKey>): Promise<Out<typeof identity.revokeApiKey> | Refusal> {
    const { personId } = caller;
    return this.db.transaction(async (tx) => {
      const revoked = await this.end(tx, personId, keyId);
      if (revoked === 0) return (await tx.get(ApiKeyStore).find(personId, keyId)) ? { revoked } : ApiKeyUnknown();
      await this.audit.note(tx, { what: 'api_key_revoked', by: caller, about: personId, details: { keyId } });
      return { revoked };
    });
  }

  /** One of a person's keys, or all: of whoever is shut out, or leaves. Tells how many were alive. */
  async end(tx: Tx, personId: string, only?: string): Promise<number> {
    const keys = tx.get(ApiKeyStore);
    const ended = await keys.revoke(personId, only);
    for (const key of ended) tx.emit(ApiKeyRevoked, key, { keyId: key.id, userId: personId });
    if (ended.length > 0) this.endTokens(tx, personId, await keys.secretsAlive(ended.map(({ id }) => id)));
    return ended.length;
  }

  /** Any replica may do it, and two at once do no harm. */
  async tidy(): Promise<void> {
    await this.db.get(ApiKeyStore).forgetEnded();
  }

  private async unlessRoom(keys: ApiKeyStore, owner: Account): Promise<Refusal | undefined> {
    return mayCreate(owner, { alive: await keys.countAlive(owner.id), most: this.settings.IDENTITY_API_KEYS });
  }

  private async issue(tx: Tx, personId: string, keyId: string): Promise<IssuedApiKey> {
    const { prefix, text } = newApiKey();
    const keys = tx.get(ApiKeyStore);
    await keys.insertSecret({ id: uuidv7(), keyId, prefix, hash: hashOfApiKey(text) });
    return { ...asApiKey((await keys.find(personId, keyId))!), key: text };
  }

  /** What tokens name as their session is the secret that they were given for: whoever hears of the ends of sessions hears of these. */
  private endTokens(tx: Tx, userId: string, secrets: readonly string[]): void {
    for (const id of secrets) tx.emit(SessionRevoked, { id, version: 1 }, { sessionId: id, userId });
  }
}
