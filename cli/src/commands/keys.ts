import { Asker } from '@mela/bus';
import { identity, isRefusal, type Ask, type SigningKey } from '@mela/contracts';
import { Command } from 'commander';
import { refused } from '../api.ts';
import { onBus } from '../bus.ts';
import { begin, command, type Common } from '../command.ts';
import { confirm } from '../confirm.ts';
import { readLayers } from '../environment.ts';
import type { DataFolder } from '../project.ts';
import { table } from '../say.ts';
import type { Terminal } from '../terminal.ts';

export const keysCommand = (terminal: Terminal): Command =>
  new Command('keys')
    .description('The keys that sign access tokens')
    .addCommand(command('list', 'Every key, and what became of it').action((options: Common) => list(terminal, options)))
    .addCommand(
      command('rotate', 'Let the next key sign; the one of now is taken until its last token has expired')
        .option('--compromised', 'a key is in other hands: withdraw the one of now and those of before, and refuse whatever they signed')
        .addHelpText('after', '\nNobody is signed out: refresh tokens are not signed with these keys, and clients exchange theirs.')
        .action((options: Rotating) => rotate(terminal, options)),
    );

interface Rotating extends Common {
  compromised?: true;
}

async function list(terminal: Terminal, options: Common): Promise<void> {
  const { say, folder } = begin(terminal, options);
  const { keys } = await ask(terminal, folder, identity.signingKeys, {});
  say.data(keys, () => shown(keys));
}

async function rotate(terminal: Terminal, options: Rotating): Promise<void> {
  const { say, folder } = begin(terminal, options);
  const compromised = options.compromised === true;
  if (compromised) await confirm(terminal, options, 'Every access token of now will be refused, and every open screen closed');
  const { keys } = await ask(terminal, folder, identity.rotateSigningKey, { compromised });
  say.data(keys, () => shown(keys));
}

type Asked = typeof identity.signingKeys | typeof identity.rotateSigningKey;

async function ask<Op extends Asked>(terminal: Terminal, folder: DataFolder, operation: Op, input: Ask<Op>): Promise<{ keys: SigningKey[] }> {
  const { all } = await readLayers(terminal, [], folder);
  return onBus(all, async (nc) => {
    const outcome = await new Asker({ nc, mayAsk: new Set([operation.id]) }).ask<Asked>(operation, input);
    if (isRefusal(outcome)) throw refused(outcome);
    return outcome;
  });
}

const shown = (keys: readonly SigningKey[]): string => table(keys.map((key) => [key.kid, key.algorithm, key.state, since(key)]));

function since({ state, publishedAt, signsFrom, endedAt, goneAt }: SigningKey): string {
  if (state === 'next') return `published since ${publishedAt}`;
  if (state === 'signing') return `since ${signsFrom}`;
  return state === 'withdrawn' ? `since ${endedAt}` : `since ${endedAt}, its tokens are taken until ${goneAt}`;
}
