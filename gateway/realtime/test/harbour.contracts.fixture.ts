import { catalogue, event, hearing, Id, id, service, topicKind } from '@mela/contracts';
import { z } from 'zod';

export const topic = {
  dock: topicKind('dock', { grantedBy: 'harbour.hearing' }),
  /** Whoever may hear a dock may hear its berths. */
  berth: topicKind('berth', { grantedBy: 'harbour.hearing' }),
  person: topicKind('person', { grantedBy: 'harbour.hearing' }),
};

export const ShipSighted = event('ship.sighted', {
  summary: 'A ship is in sight',
  aggregate: 'ship',
  data: z.object({ shipId: Id, dock: z.string(), berth: z.string().optional(), note: z.string().optional(), pilotId: Id.optional() }),
  audience: (e) => [
    topic.dock(e.dock),
    ...(e.berth === undefined ? [] : [topic.berth(e.berth)]),
    ...(e.pilotId === undefined ? [] : [topic.person(e.pilotId)]),
  ],
  example: { shipId: id(1), dock: 'north' },
});

/** Concerns no topic: nobody hears it. */
export const ShipLogged = event('ship.logged', { summary: 'A ship is in the books', aggregate: 'ship', data: z.object({ shipId: Id }), example: { shipId: id(1) } });

const post = z.object({ pilotId: Id, dock: z.string() });
const right = (e: z.output<typeof post>) => [{ personId: e.pilotId, scope: topic.dock(e.dock) }];

export const PilotPosted = event('pilot.posted', {
  summary: 'A pilot works at a dock from now on',
  aggregate: 'pilot',
  data: post,
  audience: (e) => [topic.dock(e.dock), topic.person(e.pilotId)],
  grants: right,
  example: { pilotId: id(7), dock: 'north' },
});

export const PilotDismissed = event('pilot.dismissed', {
  summary: 'A pilot works there no more',
  aggregate: 'pilot',
  data: post,
  audience: (e) => [topic.dock(e.dock), topic.person(e.pilotId)],
  revokes: right,
  example: { pilotId: id(7), dock: 'north' },
});

export const harbour = service('harbour', { hearing: hearing('May the caller hear this dock?') });
export const harbours = catalogue([{ harbour, ShipSighted, ShipLogged, PilotPosted, PilotDismissed }], topic);
