import { mela } from './mela.ts';
import { processTerminal } from './terminal.ts';

// What a command leaves open, such as a pool that is closing, must not keep the process.
process.exit(await mela(process.argv.slice(2), processTerminal()));
