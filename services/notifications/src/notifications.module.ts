import { defineService } from '@mela/chassis';
import { identity, notifications } from '@mela/contracts';
import { Letters } from './mail/letters.ts';
import { MailApi } from './mail/mail.api.ts';
import { MailQueue } from './mail/mail-queue.ts';
import { MailSender } from './mail/mail-sender.ts';
import { MailServer } from './mail/mail-server.ts';
import { MailService } from './mail/mail.service.ts';
import { MailRow } from './mail/mail.store.ts';
import { MailWorker } from './mail/mail-worker.ts';
import { mailTables } from './migrations/0001-mail.ts';
import { OnApiKeyIssued } from './reactions/api-key-issued.ts';
import { OnSessionOpenedElsewhere } from './reactions/session-opened-elsewhere.ts';
import { OnUserEmailChanged } from './reactions/user-email-changed.ts';
import { OnUserPasswordChanged } from './reactions/user-password-changed.ts';
import { OnUserRoleChanged } from './reactions/user-role-changed.ts';
import { OnUserSecondFactorChanged } from './reactions/user-second-factor-changed.ts';
import { OnUserWaysInChanged } from './reactions/user-ways-in-changed.ts';
import { OnVerificationRequested } from './reactions/verification-requested.ts';
import { NotificationsSettings } from './settings.ts';

export const notificationsService = defineService({
  hosts: notifications,
  asks: [identity.mail],
  settings: NotificationsSettings,
  outside: true,
  entities: [MailRow],
  migrations: [mailTables],
  apis: [MailApi],
  reactions: [OnVerificationRequested, OnUserPasswordChanged, OnUserEmailChanged, OnUserRoleChanged, OnUserSecondFactorChanged, OnUserWaysInChanged, OnApiKeyIssued, OnSessionOpenedElsewhere],
  providers: [MailService, MailQueue, MailSender, MailServer, MailWorker, Letters],
});
