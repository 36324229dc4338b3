import { Hears } from '@mela/bus';
import type { Tx } from '@mela/chassis';
import { UserRoleChanged, type EventOf } from '@mela/contracts';
import { MailService } from '../mail/mail.service.ts';

@Hears(UserRoleChanged, { as: 'notifications.user-role-changed' })
export class OnUserRoleChanged {
  constructor(private readonly mails: MailService) {}

  handle({ id, data }: EventOf<typeof UserRoleChanged>, tx: Tx) {
    return this.mails.owe(tx, [{ id, about: 'role_changed', subjectId: data.userId }]);
  }
}
