import type { Evidence, Invariant, Row, Violation } from '@mela/testkit/chaos';
import { eventOf, mailsIn } from './letters.ts';

const name = 'what is owed has come, at least once';

/** When all is healed and settled: what waits then waits for ever, and nothing was ever said that would end a mail for good. */
export const arrives: Invariant = {
  name,
  judge: ({ history, services }) => {
    const came = new Set(mailsIn(history).map(eventOf));
    return (services['notifications']!.rows['mail'] ?? []).flatMap((mail): Violation[] => {
      const [id, state] = [String(mail['id']), String(mail['state'])];
      if (came.has(id) && (state === 'sent' || state === 'needless')) return [];
      if (state === 'needless' && isNeedless(mail, services)) return [];
      const reason = mail['reason'] === null ? '' : ` (${String(mail['reason'])})`;
      return [{ invariant: name, what: `The mail ${id} about ${String(mail['about'])} ${String(mail['subjectId'])} is ${state}${reason}, and ${came.has(id) ? 'it came' : 'no copy of it came'}`, about: [id, String(mail['subjectId'])] }];
    });
  },
};

/** A link that was used or superseded is not sent any more, nor one to whoever is not there; what has happened is told always. */
function isNeedless({ about, subjectId }: Row, { identity }: Evidence['services']): boolean {
  const { verification = [], person = [], emailChange = [] } = identity!.rows;
  const proof = about === 'verification' ? verification.find(({ id }) => id === subjectId) : undefined;
  if (!proof) return false;
  if (proof['used'] === true || proof['superseded'] === true) return true;
  const had = (email: unknown): boolean => person.some((row) => row['email'] === email) || emailChange.some(({ oldEmail, completed }) => oldEmail === email && completed === true);
  return proof['purpose'] === 'reset_password' && !had(proof['email']);
}
