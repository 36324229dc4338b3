import { Hears } from '@mela/bus';
import type { Tx } from '@mela/chassis';
import { SessionOpenedElsewhere, type EventOf } from '@mela/contracts';
import { MailService } from '../mail/mail.service.ts';

@Hears(SessionOpenedElsewhere, { as: 'notifications.session-opened-elsewhere' })
export class OnSessionOpenedElsewhere {
  constructor(private readonly mails: MailService) {}

  handle({ id, data }: EventOf<typeof SessionOpenedElsewhere>, tx: Tx) {
    return this.mails.owe(tx, [{ id, about: 'signed_in_elsewhere', subjectId: data.sessionId }]);
  }
}
