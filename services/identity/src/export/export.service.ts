import type { Caller } from '@mela/bus';
import { Db, type Tidies, type Tx } from '@mela/chassis';
import { ExportNotReady, ExportReady, ExportRequested, ExportUnknown, keepersOfPersonalData, mela, type Export, type FileAnswer, type identity, type In, type Out, type Refusal } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AuditService } from '../audit/audit.service.ts';
import { AccountGone } from '../person/account-gone.ts';
import { PersonStore } from '../person/person.store.ts';
import { archiveOf } from './archive.ts';
import { archiveName, asExport, listsOf, mayExport, missingOf, type ExportState } from './export.ts';
import { ExportStore } from './export.store.ts';

@Injectable()
export class ExportService implements Tidies {
  constructor(
    private readonly db: Db,
    private readonly audit: AuditService,
  ) {}

  request(caller: Caller): Promise<Export | Refusal> {
    return this.db.transaction(async (tx) => {
      // Of many at once the first one asks, and the others find that.
      const account = await tx.get(PersonStore).hold(caller.personId);
      if (!account) return AccountGone();
      const exports = tx.get(ExportStore);
      const refused = mayExport(await exports.lastOf(account.id), new Date());
      if (refused) return refused;
      const asked = await exports.insert(uuidv7(), account.id, keepersOfPersonalData(mela));
      tx.emit(ExportRequested, asked, { exportId: asked.id, userId: account.id });
      await this.audit.note(tx, { what: 'export_requested', by: caller, about: account.id, details: { exportId: asked.id } });
      return asExport(asked, []);
    });
  }

  async find({ personId }: Caller, { exportId }: In<typeof identity.export>): Promise<Export | Refusal> {
    const exports = this.db.get(ExportStore);
    const found = await exports.find(exportId, personId);
    return found ? asExport(found, await exports.answered(exportId)) : ExportUnknown();
  }

  async download({ personId }: Caller, { exportId }: In<typeof identity.exportArchive>): Promise<FileAnswer | Refusal> {
    const exports = this.db.get(ExportStore);
    const found = await exports.find(exportId, personId);
    if (!found) return ExportUnknown();
    if (found.bytes === null) return ExportNotReady();
    return { name: archiveName(found), bytes: found.bytes, read: async (from) => (await exports.archiveFrom(exportId, from)) ?? ExportUnknown() };
  }

  deliver({ exportId, ...page }: In<typeof identity.deliverExportPart>): Promise<Out<typeof identity.deliverExportPart> | Refusal> {
    return this.db.transaction(async (tx) => {
      const exports = tx.get(ExportStore);
      const asked = await exports.lock(exportId);
      // Gone, expired, or finished without whoever is late.
      if (!asked || asked.readyAt) return ExportUnknown();
      await exports.add(exportId, page);
      if (page.isLast && missingOf(asked, await exports.answered(exportId)).length === 0) await this.finish(tx, asked);
      return {};
    });
  }

  /** Whoever has not answered in time is told missing. Any replica may do it: each export is finished once. */
  async tidy(): Promise<void> {
    await this.db.get(ExportStore).forgetExpired();
    for (const id of await this.db.get(ExportStore).overdue())
      await this.db.transaction(async (tx) => {
        const asked = await tx.get(ExportStore).lock(id);
        if (asked && !asked.readyAt) await this.finish(tx, asked);
      });
  }

  private async finish(tx: Tx, asked: ExportState): Promise<void> {
    const exports = tx.get(ExportStore);
    const answered = await exports.answered(asked.id);
    const missing = missingOf(asked, answered);
    const files: Record<string, unknown> = { export: { id: asked.id, personId: asked.personId, askedAt: asked.askedAt, services: answered, missing } };
    for (const service of answered) files[service] = listsOf(await exports.recordsOf(asked.id, service));
    const ready = await exports.finish(asked.id, await archiveOf(files), missing);
    tx.emit(ExportReady, ready, { exportId: asked.id, userId: asked.personId, missing: [...missing] });
  }
}
