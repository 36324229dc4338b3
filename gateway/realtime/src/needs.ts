import { inboxOf, type BusNeeds } from '@mela/bus';
import { keyEvents } from '@mela/chassis';
import { identity, type Catalogue, type Operation } from '@mela/contracts';
import { TICKETS } from './tickets/ticket-bucket.ts';

export const NAME = 'realtime';

/** What gateways tell and ask each other: who is present, and where a person is connected. */
const AMONG_GATEWAYS = 'rt.>';

/** What the gateway asks: may this person hear that, is this token genuine, and what is given for this key? */
export const askedBy = (catalogue: Pick<Catalogue, 'topics' | 'operations'>): readonly Operation[] => [
  identity.jwks,
  identity.exchangeApiKey,
  ...[...catalogue.topics.values()].flatMap(({ grantedBy }) => catalogue.operations.get(grantedBy) ?? []),
];

export const needsOf = (catalogue: Pick<Catalogue, 'topics' | 'operations'>): BusNeeds => ({
  name: NAME,
  asks: askedBy(catalogue),
  answers: true,
  follows: 'everything',
  overhears: keyEvents,
  keeps: [TICKETS],
  also: { publish: [AMONG_GATEWAYS, `${inboxOf(NAME)}.>`], subscribe: [AMONG_GATEWAYS] },
});
