import { seal } from '@mela/bus';
import { catalogue, event, hearing, id, Id, service, topicKind } from '@mela/contracts';
import { z } from 'zod';

/** A town with one square: whoever stands there hears everything that is seen from it. */
export const topic = {
  square: topicKind('square', { grantedBy: 'town.hearing' }),
  person: topicKind('person', { grantedBy: 'town.hearing' }),
};
export const SQUARE = 'square:market';
export const SERVICE = 'town';

export const BirdSighted = event('bird.sighted', {
  summary: 'A bird was seen',
  aggregate: 'bird',
  data: z.object({ birdId: Id, square: z.string(), remark: z.string() }),
  audience: (e) => [topic.square(e.square)],
  example: { birdId: id(1), square: 'market', remark: 'A kingfisher' },
});

export const town = service('town', { hearing: hearing('May the caller hear the square?') });
export const towns = catalogue([{ town, BirdSighted }], topic);

const REMARK = 'It sat on the clock for a while, looked at all of us, and left for the river';
let version = 0;

/** Some 200 bytes of payload, as a small event has. */
export const sighting = () =>
  seal(BirdSighted, { id: id(1), version: ++version }, { birdId: id(1), square: 'market', remark: REMARK }, { source: `/mela/${SERVICE}` });
