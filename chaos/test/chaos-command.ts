import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Violation } from '@mela/testkit/chaos';

export interface Outcome {
  readonly passed: boolean;
  readonly violations: readonly Violation[];
  readonly counts: Readonly<Record<string, number>>;
  /** What a person would have read. */
  readonly report: string;
}

const MAIN = join(import.meta.dirname, '../dist/main.js');

/** `npm run chaos` as a person would run it, without the building before. */
export async function chaos(...args: readonly string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [MAIN, ...args, '--json'], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  let report = '';
  child.stderr!.on('data', (chunk) => (report += String(chunk)));
  let last: Outcome | undefined;
  createInterface({ input: child.stdout! }).on('line', (line) => {
    if (line.startsWith('{')) last = JSON.parse(line) as Outcome;
    else report += `${line}\n`;
  });
  await new Promise((resolve) => child.once('close', resolve));
  if (!last) throw new Error(`The run ended without a verdict:\n${report}`);
  return { ...last, report };
}
