import { Api, Handles } from '@mela/bus';
import { notifications, type In } from '@mela/contracts';
import { MailService } from './mail.service.ts';

@Api()
export class MailApi {
  constructor(private readonly mails: MailService) {}

  @Handles(notifications.mails)
  list(input: In<typeof notifications.mails>) {
    return this.mails.list(input);
  }

  @Handles(notifications.tryMailAgain)
  tryAgain(input: In<typeof notifications.tryMailAgain>) {
    return this.mails.tryAgain(input);
  }
}
