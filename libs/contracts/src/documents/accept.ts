import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { mela } from '../catalogue.ts';
import { compareEvents, type RecordedEvents } from '../language/compatibility.ts';
import { eventsToRecord, recordFile } from './recorded-events.ts';

// `npm run contracts:accept`: records the events as they are declared now, unless that would break a reader.
// A break has no switch to force it: declare a new type beside the old one.
// It runs unbuilt, since a new event need not compile everywhere yet: so this library keeps to syntax that can be erased.

const recorded = JSON.parse(await readFile(recordFile, 'utf8').catch(() => '{}')) as RecordedEvents;
const present = eventsToRecord(mela);
const { breaks, unrecorded } = compareEvents(recorded, present);

if (breaks.length > 0) {
  console.error(`Not recorded: readers of these events would break. Declare a new event type instead.\n  ${breaks.join('\n  ')}`);
  process.exitCode = 1;
} else {
  await writeFile(recordFile, `${JSON.stringify(present, null, 2)}\n`);
  console.log(unrecorded.length === 0 ? 'Nothing new.' : `Recorded in ${fileURLToPath(recordFile)}:\n  ${unrecorded.join('\n  ')}`);
}
