import { Email, identity, Password } from '@mela/contracts';
import { Command } from 'commander';
import { findApi } from '../api.ts';
import { begin, command, type Common } from '../command.ts';
import { usage } from '../fault.ts';
import type { Terminal } from '../terminal.ts';

interface Options extends Common {
  api?: string;
  email?: string;
  name?: string;
  passwordStdin?: true;
}

export const adminCommand = (terminal: Terminal): Command =>
  new Command('admin').description('The people who look after an instance').addCommand(
    command('create', 'Create an ordinary account, such as the first one of an instance')
      .option('--email <address>', 'the account’s e-mail address')
      .option('--name <name>', 'the person’s name (default: the part of the address before the @)')
      .option('--password-stdin', 'read the password from standard input')
      .option('--api <address>', 'address of the API (default: the running instance’s)')
      .addHelpText('after', '\nIt registers a person through the API, as signing up does, and no more: the account is an ordinary one, without rights beyond anybody else’s.\nRoles above a community come later. Today whoever founds a community owns it, and gives roles within it.')
      .action((options: Options) => create(terminal, options)),
  );

async function create(terminal: Terminal, options: Options): Promise<void> {
  const { say, folder } = begin(terminal, options);
  const mayAsk = options.input && terminal.interactive && !options.json;
  const missing = [...(options.email === undefined ? ['--email'] : []), ...(options.passwordStdin ? [] : ['--password-stdin'])];
  if (missing.length > 0 && !mayAsk) throw usage(`Missing: ${missing.join(', ')}`, 'Nobody can be asked here.');

  const email = Email.safeParse(options.email ?? (await terminal.ask('E-mail: ')));
  if (!email.success) throw usage('This is not an e-mail address.');
  const typed = options.passwordStdin ? (await terminal.readStdin()).replace(/\r?\n$/, '') : await terminal.ask('Password: ', true);
  const password = Password.safeParse(typed);
  if (!password.success) throw usage('A password has 10 to 200 characters.');

  const api = await findApi(folder, options.api);
  const name = options.name ?? email.data.split('@')[0]!;
  const { person } = await api.must(identity.register, { email: email.data, password: password.data, name });
  say.data(person, () => `${person.email} has an account: ${person.id}`);
  say.note('It has no rights beyond anybody else’s. Who founds a community owns it.');
}
