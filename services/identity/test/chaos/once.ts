import { identity } from '@mela/contracts';
import { commandsOf, type Command, type Invariant } from '@mela/testkit/chaos';

const name = 'what works once works once';

/** What is used up by being shown, and which commands take it. */
const shown: readonly (readonly [field: string, operations: readonly string[]])[] = [
  ['token', [identity.verifyEmail.id, identity.resetPassword.id, identity.confirmEmail.id]],
  ['recoveryCode', [identity.signInWithCode.id, identity.removeTotp.id]],
  ['code', [identity.signInWithCode.id, identity.removeTotp.id, identity.confirmTotp.id]],
  ['challenge', [identity.signInWithCode.id]],
  ['state', [identity.finishOutside.id]],
];

/** However many show it at once, one is answered. */
export const worksOnce: Invariant = {
  name,
  judge: ({ history }) => {
    const done = commandsOf(history).filter(({ proof }) => proof === 'done');
    return shown.flatMap(([field, operations]) => {
      const using = done.filter(({ operation, attempts }) => operations.includes(operation) && attempts[0]!.input[field] !== undefined);
      return [...Map.groupBy(using, (command) => ofWhom(command, field))].flatMap(([, all]) => {
        if (all.length === 1) return [];
        const { who, input } = all[0]!.attempts[0]!;
        return [{ invariant: name, what: `The same ${field} of ${who} (${String(input[field]).slice(0, 12)}…) was taken ${all.length} times, by ${all.map(({ operation }) => operation).join(' and ')}`, about: all.map(({ key }) => key) }];
      });
    });
  },
};

/** Six digits may be somebody else's, too. */
const ofWhom = ({ attempts }: Command, field: string): string => `${attempts[0]!.who} ${String(attempts[0]!.input[field])}`;

const links = 'a link is used or worth nothing any more, and not both';

export const linksOnce: Invariant = {
  name: links,
  judge: ({ services }) =>
    (services['identity']!.rows['verification'] ?? [])
      .filter(({ used, superseded }) => used === true && superseded === true)
      .map(({ id, purpose }) => ({ invariant: links, what: `The ${String(purpose)} ${String(id)} was used, and a newer one had taken its place`, about: [String(id)] })),
};
