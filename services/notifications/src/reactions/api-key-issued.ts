import { Hears } from '@mela/bus';
import type { Tx } from '@mela/chassis';
import { ApiKeyCreated, ApiKeyRotated, type EventOf } from '@mela/contracts';
import { MailService } from '../mail/mail.service.ts';

const DAY_MS = 24 * 60 * 60_000;

/** Keys were told of long before anybody wrote about them: what the stream has kept of then is no news. */
@Hears([ApiKeyCreated, ApiKeyRotated], { as: 'notifications.api-key-issued' })
export class OnApiKeyIssued {
  constructor(private readonly mails: MailService) {}

  async handle({ id, time, data }: EventOf<typeof ApiKeyCreated>, tx: Tx): Promise<void> {
    if (Date.now() - Date.parse(time) < DAY_MS) await this.mails.owe(tx, [{ id, about: 'api_key_issued', subjectId: data.userId }]);
  }
}
