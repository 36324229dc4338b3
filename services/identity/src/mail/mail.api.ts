import { Api, Handles } from '@mela/bus';
import { identity, type In } from '@mela/contracts';
import { MailService } from './mail.service.ts';

@Api()
export class MailApi {
  constructor(private readonly mails: MailService) {}

  @Handles(identity.mail)
  due(input: In<typeof identity.mail>) {
    return this.mails.due(input);
  }
}
