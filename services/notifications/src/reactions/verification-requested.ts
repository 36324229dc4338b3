import { Hears } from '@mela/bus';
import type { Tx } from '@mela/chassis';
import { VerificationRequested, type EventOf } from '@mela/contracts';
import { MailService } from '../mail/mail.service.ts';

@Hears(VerificationRequested, { as: 'notifications.verification-requested' })
export class OnVerificationRequested {
  constructor(private readonly mails: MailService) {}

  handle(event: EventOf<typeof VerificationRequested>, tx: Tx) {
    return this.handleAll([event], tx);
  }

  handleAll(events: readonly EventOf<typeof VerificationRequested>[], tx: Tx) {
    return this.mails.owe(tx, events.map(({ id, data }) => ({ id, about: 'verification', subjectId: data.verificationId })));
  }
}
