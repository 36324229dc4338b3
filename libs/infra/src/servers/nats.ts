import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writePrivately, type PartFolder } from '../part-folder.ts';
import { debianSource } from '../apt/debian.ts';
import { dockerSource } from '../programs/docker.ts';
import { homebrewSource } from '../programs/homebrew.ts';
import { onPathSource } from '../programs/on-path.ts';
import { natsAnswers } from './nats-answers.ts';
import { natsAuthorization, natsPasswords, type NatsUser } from './nats-users.ts';
import type { Server } from './server.ts';

const MASTER = 'mela';

export const nats: Server = {
  sources: [
    onPathSource('nats', ['nats-server']),
    debianSource('nats'),
    homebrewSource('nats', 'nats-server', 'nats-server'),
    dockerSource('nats:2.10.27'),
  ],
  farewell: ['SIGTERM'],
  answers: natsAnswers,
  url: (port, password) => `nats://${MASTER}:${password}@127.0.0.1:${port}`,

  async prepare({ folder, host, port, natsUsers }) {
    await mkdir(join(folder.path, 'jetstream'), { recursive: true });
    // A file, because arguments are for everyone on the machine to read.
    await writePrivately(configFile(folder), [
      `host: ${quoted(host)}`,
      `port: ${port}`,
      `max_payload: 1MB`,
      `jetstream { store_dir: ${quoted(join(folder.path, 'jetstream'))} }`,
      authorization(folder.remembered.password, natsUsers),
      '',
    ].join('\n'));
  },

  args: ({ folder }) => ['--config', configFile(folder)],
};

/** Whoever started the server may do everything with it; the others what they are listed with. */
function authorization(password: string, users: readonly NatsUser[]): string {
  const passwords: Record<string, string> = { ...natsPasswords(users, password), [MASTER]: password };
  return natsAuthorization(users, (user) => quoted(passwords[user] ?? ''), MASTER);
}

function configFile(folder: PartFolder): string {
  return join(folder.path, 'nats.conf');
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
