/** A role: a process that hosts targets as `mela run` does, and ends with the run that started it. */
import { runTargets } from '@mela/chassis';
import { allTargets, chooseTargets } from '@mela/cli';
import { witness } from '../witness/witness.ts';

process.on('disconnect', () => process.exit());
try {
  const running = await runTargets(chooseTargets(process.argv.slice(2), [...allTargets, witness]), process.env);
  process.on('SIGTERM', () => void running.stop().finally(() => process.exit()));
  process.send?.({ ready: running.addresses });
} catch (fault) {
  process.stderr.write(`${(fault as Error).stack}\n`);
  process.exit(1);
}
