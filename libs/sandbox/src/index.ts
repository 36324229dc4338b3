export { Mailbox, type Mail } from './mail/mailbox.ts';
export type { SmtpFault } from './mail/smtp-fault.ts';
export { openSandbox, type Sandbox } from './sandbox.ts';
