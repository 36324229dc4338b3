import { Password, identity, parseTopic } from '@mela/contracts';
import type { Command } from 'commander';
import WebSocket from 'ws';
import { findAddress, findApi } from '../api.ts';
import { begin, command, type Common, type Work } from '../command.ts';
import { demoPeople } from '../demo/world.ts';
import { Ending } from '../ending.ts';
import { Ended, Fault, usage } from '../fault.ts';
import type { Terminal } from '../terminal.ts';

interface Options extends Common {
  as?: string;
  token?: string;
  passwordStdin?: true;
  api?: string;
  realtime?: string;
}

export const listenCommand = (terminal: Terminal): Command =>
  command('listen', 'Open a WebSocket as a person and print what arrives, a line for each frame')
    .argument('[topic...]', 'what to hear beside the person’s own topic, such as community:<id>')
    .option('--as <e-mail>', 'sign in as this person; the demo people need no password')
    .option('--password-stdin', 'read the password from standard input')
    .option('--token <token>', 'use this access token instead of signing in')
    .option('--api <address>', 'address of the API (default: the running instance’s)')
    .option('--realtime <address>', 'address of the realtime gateway (default: the running instance’s)')
    .action((topics: string[], options: Options) => listen(terminal, topics, options));

async function listen(terminal: Terminal, topics: readonly string[], options: Options): Promise<void> {
  const work = begin(terminal, options);
  const wrong = topics.find((topic) => parseTopic(topic) === undefined);
  if (wrong !== undefined) throw usage(`${wrong} is not a topic`, 'Write it like community:<id>.');
  const token = options.token ?? (await signIn(terminal, work, options));
  const address = await findAddress(work.folder, 'realtime', options.realtime);

  const ending = new Ending();
  const socket = new WebSocket(address, { handshakeTimeout: 10_000 });
  const { promise: closed, resolve, reject } = Promise.withResolvers<void>();
  const subs = Object.fromEntries(topics.map((topic) => [topic, '']));
  socket.on('open', () => socket.send(JSON.stringify({ i: 1, t: 'connect', token, subs })));
  socket.on('message', (data: Buffer) => data.toString('utf8').split('\n').forEach((frame) => hear(socket, work, frame)));
  socket.on('error', reject);
  socket.on('close', (code, reason) =>
    ending.begun ? resolve() : reject(new Fault('realtime.closed', `The gateway closed the connection: ${code} ${reason.toString()}`.trim())));
  void ending.asked.then(() => socket.close(1000));
  await closed;
  throw new Ended(ending.exit);
}

function hear(socket: WebSocket, { say }: Work, text: string): void {
  if (text.trim() === '') return;
  if (text === '{}') return socket.send('{}'); // a ping, and its answer
  const frame = JSON.parse(text) as Record<string, unknown>;
  say.data(frame, () => {
    const { t, i: _answerTo, ...facts } = frame;
    if (t === 'ev') return `${say.bold(String(facts['type']))}  ${say.dim(String(facts['topic']))}  ${JSON.stringify(facts['d'])}`;
    if (t === 'connected') return `connected, hears ${String(facts['topics'])}`;
    return `${String(t)}  ${JSON.stringify(facts)}`;
  });
}

async function signIn(terminal: Terminal, { folder }: Work, options: Options): Promise<string> {
  const { as: email } = options;
  if (email === undefined) throw usage('Missing: --as <e-mail> or --token <token>');
  const api = await findApi(folder, options.api);
  const { accessToken } = await api.must(identity.signIn, { email, password: await passwordOf(terminal, email, options) });
  return accessToken;
}

async function passwordOf(terminal: Terminal, email: string, options: Options): Promise<string> {
  if (options.passwordStdin) return (await terminal.readStdin()).replace(/\r?\n$/, '');
  const demo = demoPeople.find((person) => person.email === email);
  if (demo) return demo.password;
  if (!options.input || !terminal.interactive || options.json) throw usage('Missing: --password-stdin', 'Nobody can be asked for the password here.');
  return Password.parse(await terminal.ask('Password: ', true));
}
