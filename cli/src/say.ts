import type { Fault } from './fault.ts';
import type { Terminal } from './terminal.ts';

/** Data goes to stdout, everything else to stderr; `--json` makes the data one JSON document, faults included. */
export class Say {
  constructor(
    private readonly terminal: Terminal,
    readonly json: boolean,
    private readonly startedAt: number = Date.now(),
  ) {}

  /** The answer of a command: as it is for programs, in words for people. */
  data(value: unknown, inWords: () => string): void {
    this.terminal.out(this.json ? `${JSON.stringify(value)}\n` : `${inWords()}\n`);
  }

  note(text: string): void {
    this.terminal.err(`${text}\n`);
  }

  /** One thing more is done, and when. */
  step(text: string): void {
    this.note(`${this.elapsed().toFixed(1).padStart(6)} s  ${text}`);
  }

  elapsed(): number {
    return (Date.now() - this.startedAt) / 1000;
  }

  fault(fault: Fault, stack: string | undefined): void {
    this.note(`${this.red(fault.message)}${fault.hint === undefined ? '' : `\n${fault.hint}`}${stack === undefined ? '' : `\n${stack}`}`);
    if (this.json) this.terminal.out(`${JSON.stringify(fault)}\n`);
  }

  bold(text: string): string {
    return this.styled(text, 1, 22);
  }

  dim(text: string): string {
    return this.styled(text, 2, 22);
  }

  red(text: string): string {
    return this.styled(text, 31, 39);
  }

  private styled(text: string, on: number, off: number): string {
    return this.terminal.colour ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  }
}

/** Columns of equal width, two spaces apart; the last one as long as it likes. */
export function table(rows: readonly (readonly string[])[], indent = ''): string {
  const widths = rows.reduce<number[]>((wide, row) => row.map((cell, column) => Math.max(wide[column] ?? 0, cell.length)), []);
  return rows
    .map((row) => indent + row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  '))
    .join('\n');
}
