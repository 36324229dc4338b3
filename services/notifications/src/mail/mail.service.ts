import { Db, decodeKeyset, pageOfRows, type Tx } from '@mela/chassis';
import { isRefusal, MailNotFailed, MailUnknown, type In, type MailRecord, type notifications, type Out, type Refusal } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { asRecord, type Mail } from './mail.ts';
import { MailStore } from './mail.store.ts';
import { MailQueue } from './mail-queue.ts';

@Injectable()
export class MailService {
  constructor(
    private readonly db: Db,
    private readonly queue: MailQueue,
  ) {}

  /** The rows are the promise; the jobs merely keep it soon. */
  async owe(tx: Tx, mails: readonly Pick<Mail, 'id' | 'about' | 'subjectId'>[]): Promise<void> {
    await tx.get(MailStore).insert(mails);
    tx.afterCommit(() => this.queue.add(mails.map(({ id }) => ({ id, attempts: 0 }))));
  }

  async list({ state, after, limit }: In<typeof notifications.mails>): Promise<Out<typeof notifications.mails> | Refusal> {
    const behind = decodeKeyset(after);
    if (isRefusal(behind)) return behind;
    const rows = await this.db.get(MailStore).newestIn(state, behind, limit + 1);
    return pageOfRows(rows, limit, { key: ({ at, id }) => [at, id], item: asRecord });
  }

  tryAgain({ mailId }: In<typeof notifications.tryMailAgain>): Promise<MailRecord | Refusal> {
    return this.db.transaction(async (tx) => {
      const mail = await tx.get(MailStore).tryAgain(mailId);
      if (!mail) return (await tx.get(MailStore).find(mailId)) ? MailNotFailed() : MailUnknown();
      tx.afterCommit(() => this.queue.add([mail]));
      return asRecord(mail);
    });
  }
}
