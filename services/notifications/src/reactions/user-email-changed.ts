import { Hears } from '@mela/bus';
import type { Tx } from '@mela/chassis';
import { UserEmailChanged, type EventOf } from '@mela/contracts';
import { MailService } from '../mail/mail.service.ts';

@Hears(UserEmailChanged, { as: 'notifications.user-email-changed' })
export class OnUserEmailChanged {
  constructor(private readonly mails: MailService) {}

  handle({ id, data }: EventOf<typeof UserEmailChanged>, tx: Tx) {
    return this.mails.owe(tx, [{ id, about: 'email_changed', subjectId: data.changeId }]);
  }
}
