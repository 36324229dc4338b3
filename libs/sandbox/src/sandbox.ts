import { Mailbox } from './mail/mailbox.ts';
import { MailboxServer } from './mail/mailbox-server.ts';
import { SmtpSandbox } from './mail/smtp-server.ts';

export interface Sandbox {
  readonly mailbox: Mailbox;
  readonly smtp: SmtpSandbox;
  /** Where people read what was sent. */
  readonly address: string;
  /** What those who talk to the world outside are to be told. */
  readonly settings: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

interface Options {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of the mailbox; 0 takes a free one. */
  readonly port?: number;
}

/** The world outside, as far as development and tests need one. */
export async function openSandbox({ env, port = 0 }: Options): Promise<Sandbox> {
  if (env['MELA_ENV'] === 'production') throw new Error('The sandbox is for development and tests: in production SMTP_URL names a real mail server');
  const mailbox = new Mailbox();
  const smtp = new SmtpSandbox(mailbox);
  await smtp.open();
  try {
    const page = await MailboxServer.listen(mailbox, port);
    return {
      mailbox, smtp, address: page.address,
      settings: { SMTP_URL: smtp.url },
      stop: async () => {
        await page.close();
        await smtp.close();
      },
    };
  } catch (fault) {
    await smtp.close();
    throw fault;
  }
}
