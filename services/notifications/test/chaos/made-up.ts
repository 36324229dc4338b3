import type { Invariant, Mailed, Row, Rows, Violation } from '@mela/testkit/chaos';
import { eventOf, mailsIn } from './letters.ts';

const name = 'what came was owed, to whom it came, and by the same name each time';

/** Copies are told apart from other mails by their Message-ID alone: it is the event's, and all that have it say the same. */
export const madeUp: Invariant = {
  name,
  judge: ({ history, services }) => {
    const owed = new Map((services['notifications']!.rows['mail'] ?? []).map((mail) => [mail['id'], mail]));
    const { rows } = services['identity']!;
    return [...Map.groupBy(mailsIn(history), ({ messageId }) => messageId)].flatMap(([messageId, copies]) => {
      const mail = owed.get(eventOf(copies[0]!));
      const complain = (what: string): Violation => ({ invariant: name, what: `${messageId} came to ${copies[0]!.to}, ${what}`, about: [eventOf(copies[0]!) ?? messageId] });
      if (!mail) return [complain('and no mail of that name is owed')];
      const strange = copies.filter((copy) => !isFor(copy, mail, rows));
      return [
        ...(new Set(copies.map(({ to, subject, token }) => `${to} ${subject} ${token}`)).size === 1 ? [] : [complain(`${copies.length} times, and not each time the same`)]),
        ...strange.slice(0, 1).map(({ to }) => complain(`and about ${String(mail['about'])} ${String(mail['subjectId'])} nothing is for ${to}`)),
      ];
    });
  },
};

function isFor({ to, token }: Mailed, { about, subjectId }: Row, { verification = [], person = [], emailChange = [], session = [] }: Rows): boolean {
  if (about === 'verification') return verification.some(({ id, email }) => id === subjectId && email === to) && token !== undefined && idIn(token) === subjectId;
  if (about === 'email_changed') return emailChange.some(({ id, oldEmail }) => id === subjectId && oldEmail === to);
  const whose = about === 'signed_in_elsewhere' ? session.find(({ id }) => id === subjectId)?.['personId'] : subjectId;
  return person.some(({ id, email }) => id === whose && email === to) || emailChange.some(({ personId, oldEmail, completed }) => personId === whose && oldEmail === to && completed === true);
}

/** A token begins with the id of what it proves. */
const idIn = (token: string): string => Buffer.from(token, 'base64url').toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
