import { Asker } from '@mela/bus';
import { Email, identity, isRefusal, Password, platformRoles, type Ask, type Operation, type Out, type Person, type PlatformRole } from '@mela/contracts';
import { Command, Option } from 'commander';
import { findApi, refused } from '../api.ts';
import { onBus } from '../bus.ts';
import { begin, command, type Common } from '../command.ts';
import { readLayers } from '../environment.ts';
import { usage } from '../fault.ts';
import type { DataFolder } from '../project.ts';
import type { Terminal } from '../terminal.ts';

interface Options extends Common {
  api?: string;
  email?: string;
  name?: string;
  passwordStdin?: true;
}

export const adminCommand = (terminal: Terminal): Command =>
  new Command('admin').description('The people who look after an instance').addCommand(
    command('create', 'Create the account of a super-admin, such as the first one of an instance')
      .option('--email <address>', 'the account’s e-mail address')
      .option('--name <name>', 'the person’s name (default: the part of the address before the @)')
      .option('--password-stdin', 'read the password from standard input')
      .option('--api <address>', 'address of the API (default: the running instance’s)')
      .addHelpText('after', '\nIt registers a person through the API, as signing up does, and then gives them the role over the message bus, as the operator of the instance.')
      .action((options: Options) => create(terminal, options)),
  ).addCommand(
    command('appoint', 'Give whoever has an account another role on the platform')
      .requiredOption('--email <address>', 'the account’s e-mail address')
      .addOption(new Option('--role <role>', 'the role').choices(platformRoles).makeOptionMandatory())
      .addHelpText('after', '\nWhoever’s role changes is signed out everywhere: their tokens say which role they have.')
      .action((options: Appointing) => appointed(terminal, options)),
  ).addCommand(
    command('reset-second-factor', 'Ask somebody for no codes any more who has lost the app and the recovery codes')
      .requiredOption('--email <address>', 'the account’s e-mail address')
      .requiredOption('--reason <text>', 'why, for the audit log: how you know that it is them')
      .addHelpText('after', '\nThey are signed out everywhere and told by mail. Admins do the same for members through the API: this is for those who look after the platform.')
      .action((options: Resetting) => reset(terminal, options)),
  );

interface Appointing extends Common {
  email: string;
  role: PlatformRole;
}

interface Resetting extends Common {
  email: string;
  reason: string;
}

async function appointed(terminal: Terminal, options: Appointing): Promise<void> {
  const { say, folder } = begin(terminal, options);
  const email = addressOf(options.email);
  const person = await appoint(terminal, folder, email, options.role);
  say.data(person, () => `${person.email} is ${person.role.replace('_', '-')} on the platform`);
}

async function reset(terminal: Terminal, options: Resetting): Promise<void> {
  const { say, folder } = begin(terminal, options);
  const email = addressOf(options.email);
  const { ended } = await asOperator(terminal, folder, identity.resetSecondFactorAsOperator, { email, reason: options.reason });
  say.data({ email, ended }, () => `${email} is asked for no codes any more, and was signed out of ${ended} ${ended === 1 ? 'session' : 'sessions'}`);
}

function addressOf(text: string): string {
  const email = Email.safeParse(text);
  if (!email.success) throw usage('This is not an e-mail address.');
  return email.data;
}

/** The first of those who give roles can be appointed by nobody else. */
const appoint = (terminal: Terminal, folder: DataFolder, email: string, role: PlatformRole): Promise<Person> =>
  asOperator(terminal, folder, identity.appoint, { email, role });

/** Asked in nobody’s name. */
async function asOperator<O extends Operation>(terminal: Terminal, folder: DataFolder, operation: O, input: Ask<O>): Promise<Out<O>> {
  const { all } = await readLayers(terminal, [], folder);
  return onBus(all, async (nc) => {
    const outcome = await new Asker({ nc, mayAsk: new Set([operation.id]) }).ask(operation, input);
    if (isRefusal(outcome)) throw refused(outcome);
    return outcome;
  });
}

async function create(terminal: Terminal, options: Options): Promise<void> {
  const { say, folder } = begin(terminal, options);
  const mayAsk = options.input && terminal.interactive && !options.json;
  const missing = [...(options.email === undefined ? ['--email'] : []), ...(options.passwordStdin ? [] : ['--password-stdin'])];
  if (missing.length > 0 && !mayAsk) throw usage(`Missing: ${missing.join(', ')}`, 'Nobody can be asked here.');

  const email = addressOf(options.email ?? (await terminal.ask('E-mail: ')));
  const typed = options.passwordStdin ? (await terminal.readStdin()).replace(/\r?\n$/, '') : await terminal.ask('Password: ', true);
  const password = Password.safeParse(typed);
  if (!password.success) throw usage('A password has 10 to 200 characters.');

  const api = await findApi(folder, options.api);
  const name = options.name ?? email.split('@')[0]!;
  await api.must(identity.register, { email, password: password.data, name });
  const person = await appoint(terminal, folder, email, 'super_admin');
  say.data(person, () => `${person.email} has an account, and is super-admin: ${person.id}`);
}
