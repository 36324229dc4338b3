import { UserEmailChanged, UserPasswordChanged, VerificationRequested } from '@mela/contracts';
import type { Invariant, StreamEvent, Violation } from '@mela/testkit/chaos';

const name = 'a mail is owed for each event that asks for one, and for no other';

/** What each of them is about, and which of its facts names the subject. */
const about: Readonly<Record<string, readonly [about: string, subject: string]>> = {
  [VerificationRequested.type]: ['verification', 'verificationId'],
  [UserPasswordChanged.type]: ['password_changed', 'userId'],
  [UserEmailChanged.type]: ['email_changed', 'changeId'],
};

export const owedOnce: Invariant = {
  name,
  judge: ({ stream, services }) => {
    const asking = new Map(stream.filter(({ type }) => type in about).map((event) => [event.id, event]));
    const mails = new Map((services['notifications']!.rows['mail'] ?? []).map((mail) => [String(mail['id']), mail]));
    const complain = (what: string, id: string): Violation => ({ invariant: name, what, about: [id] });
    return [
      ...[...asking].flatMap(([id, event]) => {
        const mail = mails.get(id);
        if (!mail) return [complain(`${event.type} ${id} asks for a mail, and none is owed`, id)];
        return isOf(mail, event) ? [] : [complain(`The mail that is owed for ${event.type} ${id} is about ${String(mail['about'])} ${String(mail['subjectId'])}`, id)];
      }),
      ...[...mails.keys()].filter((id) => !asking.has(id)).map((id) => complain(`The mail ${id} is owed, and no event asks for it`, id)),
    ];
  },
};

function isOf(mail: Readonly<Record<string, unknown>>, { type, data }: StreamEvent): boolean {
  const [what, subject] = about[type]!;
  return mail['about'] === what && mail['subjectId'] === data[subject];
}
