import type { Terminal } from '../src/terminal.ts';

/** A terminal that notes what was written, and where nobody sits unless answers are given. */
export class PaperTerminal implements Terminal {
  readonly cwd = '/nowhere';
  readonly interactive: boolean;
  readonly colour = false;
  stdout = '';
  stderr = '';

  constructor(
    readonly env: NodeJS.ProcessEnv = {},
    private readonly answers: string[] = [],
    private readonly stdin = '',
  ) {
    this.interactive = answers.length > 0;
  }

  out(text: string): void {
    this.stdout += text;
  }

  err(text: string): void {
    this.stderr += text;
  }

  ask(question: string): Promise<string> {
    this.stderr += question;
    return Promise.resolve(this.answers.shift() ?? '');
  }

  readStdin(): Promise<string> {
    return Promise.resolve(this.stdin);
  }
}
