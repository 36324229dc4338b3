import { ApiKeyCreated, ApiKeyRotated, SessionOpenedElsewhere, UserEmailChanged, UserPasswordChanged, UserRoleChanged, UserSecondFactorChanged, UserWaysInChanged, VerificationRequested } from '@mela/contracts';
import type { Invariant, StreamEvent, Violation } from '@mela/testkit/chaos';

const name = 'a mail is owed for each event that asks for one, and for no other';

type About = readonly [about: string, subject: unknown];

/** What each of them is about, and about whom or what; nothing where no mail is asked for. */
const about: Readonly<Record<string, (data: StreamEvent['data']) => About | undefined>> = {
  [VerificationRequested.type]: (data) => ['verification', data['verificationId']],
  [UserPasswordChanged.type]: (data) => ['password_changed', data['userId']],
  [UserEmailChanged.type]: (data) => ['email_changed', data['changeId']],
  [UserRoleChanged.type]: (data) => ['role_changed', data['userId']],
  [UserSecondFactorChanged.type]: (data) => [`second_factor_${String(data['change'])}`, data['userId']],
  [UserWaysInChanged.type]: (data) => (data['change'] === 'added' ? [`${String(data['way'])}_added`, data['userId']] : undefined),
  [ApiKeyCreated.type]: (data) => ['api_key_issued', data['userId']],
  [ApiKeyRotated.type]: (data) => ['api_key_issued', data['userId']],
  [SessionOpenedElsewhere.type]: (data) => ['signed_in_elsewhere', data['sessionId']],
};

export const owedOnce: Invariant = {
  name,
  judge: ({ stream, services }) => {
    const asking = new Map(stream.filter(({ type, data }) => about[type]?.(data) !== undefined).map((event) => [event.id, event]));
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
  const [what, subject] = about[type]!(data)!;
  return mail['about'] === what && mail['subjectId'] === subject;
}
