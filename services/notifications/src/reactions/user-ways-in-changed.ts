import { Hears } from '@mela/bus';
import type { Tx } from '@mela/chassis';
import { UserWaysInChanged, type EventOf } from '@mela/contracts';
import { MailService } from '../mail/mail.service.ts';

/** One less lets nobody in. */
@Hears(UserWaysInChanged, { as: 'notifications.user-ways-in-changed' })
export class OnUserWaysInChanged {
  constructor(private readonly mails: MailService) {}

  async handle({ id, data }: EventOf<typeof UserWaysInChanged>, tx: Tx): Promise<void> {
    if (data.change === 'added') await this.mails.owe(tx, [{ id, about: `${data.way}_added`, subjectId: data.userId }]);
  }
}
