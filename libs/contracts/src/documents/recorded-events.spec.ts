import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { mela } from '../catalogue.ts';
import { compareEvents } from '../language/compatibility.ts';
import { acceptCommand, eventsToRecord, recordFile } from './recorded-events.ts';

const recorded = JSON.parse(await readFile(recordFile, 'utf8'));

it('no event changes in a way that breaks its readers', () => {
  const { breaks } = compareEvents(recorded, eventsToRecord(mela));
  expect(breaks, 'Declare a new event type beside the old one: stored events and running readers stay').toEqual([]);
});

it('every event is recorded as it is', () => {
  const { unrecorded } = compareEvents(recorded, eventsToRecord(mela));
  expect(unrecorded, `Run \`${acceptCommand}\` and commit the file`).toEqual([]);
});
