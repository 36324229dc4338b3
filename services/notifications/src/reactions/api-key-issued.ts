import { Hears } from '@mela/bus';
import type { Tx } from '@mela/chassis';
import { ApiKeyCreated, ApiKeyRotated, type EventOf } from '@mela/contracts';
import { MailService } from '../mail/mail.service.ts';

@Hears([ApiKeyCreated, ApiKeyRotated], { as: 'notifications.api-key-issued' })
export class OnApiKeyIssued {
  constructor(private readonly mails: MailService) {}

  handle({ id, data }: EventOf<typeof ApiKeyCreated>, tx: Tx) {
    return this.mails.owe(tx, [{ id, about: 'api_key_issued', subjectId: data.userId }]);
  }
}
