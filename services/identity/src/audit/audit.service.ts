import { currentContext, traceIdOf, type Caller } from '@mela/bus';
import { Db, decodeKeyset, pageOfRows, SETTINGS, type Tx } from '@mela/chassis';
import { isRefusal, type AuditEntry, type identity, type In, type Out, type Refusal } from '@mela/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { Keyring } from '../keyring/keyring.ts';
import type { IdentitySettings } from '../settings.ts';
import { asEntry, asOwnEntry, doerOf, type AuditState, type Happening } from './audit.ts';
import { AuditStore, type AuditFilter, type NewEntry } from './audit.store.ts';
import { strangerOf } from './stranger.ts';

type Page = Out<typeof identity.auditAll>;

@Injectable()
export class AuditService {
  private readonly strangers: Buffer;

  constructor(
    private readonly db: Db,
    keyring: Keyring,
    @Inject(SETTINGS) private readonly settings: Pick<IdentitySettings, 'IDENTITY_AUDIT_DAYS'>,
  ) {
    this.strangers = keyring.keyFor('strangers');
  }

  /** Noted with what it tells of, or not at all. Where it came from is known from the request that is being answered. */
  note(tx: Tx, happening: Happening): Promise<void> {
    return tx.get(AuditStore).insert(this.entryOf(happening));
  }

  /** What a note of it says, for whoever writes it in one go with what it tells of. */
  entryOf({ what, by, about, device, details }: Happening): NewEntry {
    const { traceparent, origin, apiKey } = currentContext() ?? {};
    const { who, details: whose } = doerOf(by);
    return {
      id: uuidv7(), what, who, about: about ?? null, device: device ?? null, details: { ...details, ...whose, ...(apiKey === undefined ? {} : { apiKey }) },
      clientAddress: origin?.address ?? null, userAgent: origin?.agent ?? null, traceId: traceparent === undefined ? null : traceIdOf(traceparent),
    };
  }

  /** Takes the same steps whether somebody has the address or nobody; of one that nobody has no more is kept than which attempts were at the same. */
  noteFailure(tx: Tx, email: string, { about, device }: Pick<Happening, 'about' | 'device'>): Promise<void> {
    const stranger = strangerOf(this.strangers, email);
    return this.note(tx, { what: 'sign_in_failed', by: null, about, device, details: about === undefined ? { stranger } : {} });
  }

  mine({ personId }: Caller, input: In<typeof identity.audit>): Promise<Page | Refusal> {
    return this.page({ ...input, about: personId }, input, asOwnEntry);
  }

  of({ personId, ...input }: In<typeof identity.auditOf>): Promise<Page | Refusal> {
    return this.page({ ...input, about: personId }, input);
  }

  all(input: In<typeof identity.auditAll>): Promise<Page | Refusal> {
    return this.page(input, input);
  }

  /** Whoever takes all of it away leaves a note of that. */
  async export(input: In<typeof identity.exportAudit>): Promise<Page | Refusal> {
    const page = await this.page(input, input);
    if (input.after === undefined && !isRefusal(page))
      await this.db.transaction((tx) => this.note(tx, { what: 'audit_exported', by: null, details: { from: input.from ?? null, to: input.to ?? null } }));
    return page;
  }

  /** Any replica may do it, and two at once do no harm. */
  async tidy(): Promise<void> {
    while ((await this.db.transaction((tx) => tx.get(AuditStore).purge(this.settings.IDENTITY_AUDIT_DAYS))) > 0);
  }

  private async page(filter: AuditFilter, { after, limit }: { after?: string | undefined; limit: number }, item: (entry: AuditState) => AuditEntry = asEntry): Promise<Page | Refusal> {
    const behind = decodeKeyset(after);
    if (isRefusal(behind)) return behind;
    const rows = await this.db.get(AuditStore).newestOf(filter, behind, limit + 1);
    return pageOfRows(rows, limit, { key: ({ exactAt, id }) => [exactAt, id], item });
  }
}
