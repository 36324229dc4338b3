import { natsPasswordSetting, type Target } from '@mela/chassis';
import { natsAuthorization } from '@mela/infra';
import { usersOf } from '../bus-users.ts';

/** The variables of the server's environment that hold its users' passwords. */
export const natsPasswordsOf = (targets: readonly Target[]): readonly string[] => usersOf(targets).map(({ name }) => natsPasswordSetting(name));

/** Everybody who may connect, and what each may do: for any nats-server, to be included in its configuration. */
export const natsUsersFile = (targets: readonly Target[]): string => `# Written by \`mela deploy nats\` from what the targets ask, say and hear; a test compares it.
# The passwords are the server's own variables, each in quotes: IDENTITY_NATS_PASSWORD='"…"'.
${natsAuthorization(usersOf(targets), (user) => `$${natsPasswordSetting(user)}`)}
`;
