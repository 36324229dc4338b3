/** A mail is written down as sent when its attempt begins. */
import { inside, replace } from './mela-dist.mjs';

const { MailStore } = await inside('@mela/notifications', 'mail/mail.store.js');
replace(MailStore, 'claim', (claim) => async function (...asked) {
  const mail = await claim.apply(this, asked);
  if (mail) await this.settle(mail, { state: 'sent', reason: null });
  return mail;
});
