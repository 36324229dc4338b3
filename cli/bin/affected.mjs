/** What a change can have broken. Plain JavaScript on Node 18 and later, without dependencies. */
import { execFileSync } from 'node:child_process';

/** Every file that differs from the base, those that git does not know yet included. */
export function changedSince(base, root) {
  const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean);
  return [...git('diff', '--name-only', base, '--'), ...git('ls-files', '--others', '--exclude-standard')];
}

/**
 * The runs of vitest that a change asks for. What imports a changed file is found by vitest; tests that start the command
 * line import none of what they run, so that any change of a program asks for all of them.
 */
export function affectedRuns(base, changed, services) {
  const importing = ['--changed', base, '--project', 'parts', '--project', 'chaos', '--passWithNoTests'];
  if (!changed.some((file) => /^(libs|services|gateway|cli)\/.*\.(ts|mjs|json|sql)$/.test(file))) return [importing];
  const starting = ['.flow.ts', 'cli/test/', ...services.map((name) => `services/${name}/test/`)];
  return [importing, ['--project', 'parts', '--project', 'flows:*', ...starting]];
}
