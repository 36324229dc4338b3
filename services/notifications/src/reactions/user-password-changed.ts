import { Hears } from '@mela/bus';
import type { Tx } from '@mela/chassis';
import { UserPasswordChanged, type EventOf } from '@mela/contracts';
import { MailService } from '../mail/mail.service.ts';

@Hears(UserPasswordChanged, { as: 'notifications.user-password-changed' })
export class OnUserPasswordChanged {
  constructor(private readonly mails: MailService) {}

  handle({ id, data }: EventOf<typeof UserPasswordChanged>, tx: Tx) {
    return this.mails.owe(tx, [{ id, about: 'password_changed', subjectId: data.userId }]);
  }
}
