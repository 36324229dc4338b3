import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { usersOf } from '../bus-users.ts';
import { begin, command, type Common } from '../command.ts';
import { composeFile, stackOf } from '../deploy/compose.ts';
import { dockerfile } from '../deploy/dockerfile.ts';
import { natsPasswordsOf, natsUsersFile } from '../deploy/nats.ts';
import { imageContents } from '../deploy/packages.ts';
import { missingSecrets } from '../deploy/stack-secrets.ts';
import { projectRoot } from '../project.ts';
import { allTargets } from '../targets.ts';
import type { Terminal } from '../terminal.ts';

export const deployCommand = (terminal: Terminal): Command =>
  new Command('deploy')
    .description('What containers need: the compose file, the image, the users of the message bus, the secrets')
    .addCommand(
      command('compose', 'Print docker-compose.yml: a container for each target, the servers, and the job that migrates')
        .action((options: Common) => begin(terminal, options).say.data(stackOf(allTargets), () => composeFile(allTargets).trimEnd())),
    )
    .addCommand(
      command('dockerfile', 'Print deploy/Dockerfile: the one image of all containers')
        .action(async (options: Common) => {
          const text = dockerfile(await imageContents(projectRoot), allTargets).trimEnd();
          begin(terminal, options).say.data({ dockerfile: text }, () => text);
        }),
    )
    .addCommand(
      command('nats', 'Print deploy/nats-users.conf: who may connect to the message bus, and what each may do there')
        .action((options: Common) => {
          const text = natsUsersFile(allTargets).trimEnd();
          begin(terminal, options).say.data({ configuration: text, users: usersOf(allTargets), passwords: natsPasswordsOf(allTargets) }, () => text);
        }),
    )
    .addCommand(
      command('secrets', 'Make the secrets that docker-compose.yml asks for and .env does not have yet; those it has stay')
        .option('--file <path>', 'where they are kept', join(projectRoot, '.env'))
        .action((options: Common & { file: string }) => makeSecrets(terminal, options)),
    );

async function makeSecrets(terminal: Terminal, options: Common & { file: string }): Promise<void> {
  const { say } = begin(terminal, options);
  const before = await readFile(options.file, 'utf8').catch((fault: NodeJS.ErrnoException) => {
    if (fault.code === 'ENOENT') return undefined;
    throw fault;
  });
  const made = missingSecrets(allTargets, before);
  const names = Object.keys(made);
  const lines = names.map((name) => `${name}=${made[name]}\n`).join('');
  // Only ever added to, and when it is new for this user's eyes alone.
  if (names.length > 0) await appendFile(options.file, /[^\n]$/.test(before ?? '') ? `\n${lines}` : lines, { mode: 0o600 });
  say.data({ file: options.file, made: names }, () => (names.length === 0 ? `${options.file} has every secret` : `Made in ${options.file}: ${names.join(', ')}`));
}
