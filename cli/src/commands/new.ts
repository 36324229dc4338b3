import { Command } from 'commander';
import type { Terminal } from '../terminal.ts';

export const newCommand = (_terminal: Terminal): Command => new Command('new').description('Write the beginnings of a service, an event or an operation');
