import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Violation } from '@mela/testkit/chaos';

type Times = Readonly<Record<string, number>>;

export interface Outcome {
  readonly passed: boolean;
  readonly violations: readonly Violation[];
  readonly counts: { readonly faults: Times; readonly misses: Times; readonly recoveries: number; readonly acknowledged: number; readonly events: number; readonly heard: number; readonly highestVersion: number };
  /** What a person would have read. */
  readonly report: string;
}

const MAIN = join(import.meta.dirname, '../dist/main.js');

/** `npm run chaos` as a person would run it, without the building before. It is told to end when the signal says so. */
export async function chaos(signal: AbortSignal, ...args: readonly string[]): Promise<Outcome> {
  const { last, report } = await run(signal, args);
  if (!last) throw new Error(`The run ended without a verdict:\n${report}`);
  return { ...last, report };
}

/** What a person would have read where there was no verdict; it is told to end when it says this, if it is. */
export async function withoutVerdict(signal: AbortSignal, args: readonly string[], endWhen?: string): Promise<string> {
  const { last, report, code } = await run(signal, args, endWhen);
  if (last || code === 0) throw new Error(`It ended with ${code}:\n${report}`);
  return report;
}

async function run(signal: AbortSignal, args: readonly string[], endWhen?: string): Promise<{ last: Omit<Outcome, 'report'> | undefined; report: string; code: number | null }> {
  const child = spawn(process.execPath, [MAIN, ...args, '--json'], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], signal, killSignal: 'SIGTERM' });
  let report = '';
  child.stderr!.on('data', (chunk) => {
    report += String(chunk);
    if (endWhen !== undefined && report.includes(endWhen)) child.kill('SIGTERM');
  });
  let last: Outcome | undefined;
  createInterface({ input: child.stdout! }).on('line', (line) => {
    if (line.startsWith('{')) last = JSON.parse(line) as Outcome;
    else report += `${line}\n`;
  });
  const code = await new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject));
  return { last, report, code };
}
