import { createHmac } from 'node:crypto';

/** A user of the bus: where they may publish and what they may read there. */
export interface NatsUser {
  readonly name: string;
  readonly publish: { readonly allow: readonly string[]; readonly deny: readonly string[] };
  readonly subscribe: { readonly allow: readonly string[] };
}

/**
 * The users as a piece of the server's configuration. `password` answers in its language: a quoted text, or a variable.
 * A master is a user without any limits.
 */
export function natsAuthorization(users: readonly NatsUser[], password: (user: string) => string, master?: string): string {
  const masters = master === undefined ? [] : [`    { user: ${JSON.stringify(master)}, password: ${password(master)} }`];
  return ['authorization {', '  users: [', ...masters, ...users.flatMap((user) => userLines(user, password(user.name))), '  ]', '}'].join('\n');
}

/** Of one instance: each has its own, and none of them tells another. */
export const natsPasswords = (users: readonly NatsUser[], secret: string): Record<string, string> =>
  Object.fromEntries(users.map(({ name }) => [name, createHmac('sha256', secret).update(name).digest('hex')]));

function userLines({ name, publish, subscribe }: NatsUser, password: string): string[] {
  return [
    '    {',
    `      user: ${JSON.stringify(name)}`,
    `      password: ${password}`,
    '      permissions {',
    '        publish {',
    ...list('allow', needed(name, publish.allow)),
    ...(publish.deny.length === 0 ? [] : list('deny', publish.deny)),
    '        }',
    '        subscribe {',
    ...list('allow', needed(name, subscribe.allow)),
    '        }',
    '      }',
    '    }',
  ];
}

/** To the server a list without entries is no list, and allows everything. */
function needed(user: string, subjects: readonly string[]): readonly string[] {
  if (subjects.length === 0) throw new Error(`The user ${user} of the bus would be allowed everything`);
  return subjects;
}

const list = (name: string, subjects: readonly string[]): string[] => [`          ${name}: [`, ...subjects.map((subject) => `            ${JSON.stringify(subject)}`), '          ]'];
