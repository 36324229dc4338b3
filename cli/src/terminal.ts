import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { usage } from './fault.ts';

/** Where a command runs: what it may read and write. Tests give one of their own. */
export interface Terminal {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** A person sits there and can be asked. */
  readonly interactive: boolean;
  readonly colour: boolean;
  out(text: string): void;
  err(text: string): void;
  ask(question: string, hidden?: boolean): Promise<string>;
  readStdin(): Promise<string>;
}

/** https://no-color.org: any value but the empty one turns colours off. */
const mayColour = (env: NodeJS.ProcessEnv, tty: boolean): boolean => tty && !env['NO_COLOR'] && env['TERM'] !== 'dumb';

export function processTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process;
  // Whoever reads may stop reading (`mela targets | head -1`); that is no fault of ours.
  for (const stream of [stdout, stderr]) stream.on('error', () => undefined);
  return {
    env,
    cwd: process.cwd(),
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    colour: mayColour(env, stdout.isTTY === true && stderr.isTTY === true),
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    ask: (question, hidden = false) => ask(question, hidden),
    readStdin: async () => {
      let text = '';
      for await (const chunk of stdin.setEncoding('utf8')) text += chunk;
      return text;
    },
  };
}

async function ask(question: string, hidden: boolean): Promise<string> {
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: hidden ? silent : process.stderr, terminal: hidden });
  try {
    const { promise, reject } = Promise.withResolvers<never>();
    lines.once('close', () => reject(usage('No answer was given')));
    lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
    const answer = await Promise.race([lines.question(''), promise]);
    if (hidden) process.stderr.write('\n');
    return answer;
  } finally {
    lines.removeAllListeners('close');
    lines.close();
  }
}
