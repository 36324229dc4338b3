import { Hears } from '@mela/bus';
import type { Tx } from '@mela/chassis';
import { UserSecondFactorChanged, type EventOf } from '@mela/contracts';
import { MailService } from '../mail/mail.service.ts';

@Hears(UserSecondFactorChanged, { as: 'notifications.user-second-factor-changed' })
export class OnUserSecondFactorChanged {
  constructor(private readonly mails: MailService) {}

  handle({ id, data }: EventOf<typeof UserSecondFactorChanged>, tx: Tx) {
    return this.mails.owe(tx, [{ id, about: `second_factor_${data.change}`, subjectId: data.userId }]);
  }
}
