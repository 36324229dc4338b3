import { settingsOf, type Target } from '@mela/chassis';
import type { Command } from 'commander';
import { z } from 'zod';
import { begin, command, type Common } from '../command.ts';
import { table } from '../say.ts';
import { allTargets } from '../targets.ts';
import type { Terminal } from '../terminal.ts';

export const targetsCommand = (terminal: Terminal): Command =>
  command('targets', 'What a process can host, and the settings each needs').action((options: Common) => {
    const { say } = begin(terminal, options);
    const targets = allTargets.map((target) => ({ name: target.name, kind: target.kind, needs: neededBy(target) }));
    say.data(targets, () => table(targets.map(({ name, kind, needs }) => [name, kind, `needs ${needs.join(', ')}`])));
  });

/** The settings without a default. */
const neededBy = (target: Target): string[] => [
  ...new Set(Object.values(settingsOf([target])).flatMap(({ shape }) => Object.entries(shape).flatMap(([name, type]) => (isNeeded(type) ? [name] : [])))),
];

const isNeeded = (type: unknown): boolean => type instanceof z.ZodType && !type.safeParse(undefined).success;
