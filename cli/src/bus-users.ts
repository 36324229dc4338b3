import { busUsers, STREAM, type BusNeeds, type BusUser } from '@mela/bus';
import type { Target } from '@mela/chassis';
import { identity, realtime } from '@mela/contracts';

/**
 * Whoever looks after Mela: makes the stream, follows it, tells of what did not happen, rings for replays, asks the gateways, appoints
 * the first who may appoint others, helps in whoever lost phone and codes, lets keys rotate, and takes the audit log away. Even so the stream is neither changed nor removed with it.
 */
export const OPERATOR = 'operator';

const operator: BusNeeds = {
  name: OPERATOR,
  asks: [realtime.why, identity.appoint, identity.resetSecondFactorAsOperator, identity.exportAudit, identity.signingKeys, identity.rotateSigningKey],
  follows: 'everything',
  also: {
    publish: [
      'evt.>',
      'bell.*.dlq',
      '$JS.API.INFO',
      `$JS.API.STREAM.CREATE.${STREAM}`,
      `$JS.API.CONSUMER.LIST.${STREAM}`,
      // A consumer with several filters has no name in its subject.
      `$JS.API.CONSUMER.CREATE.${STREAM}`,
    ],
  },
};

/** Everybody who connects to the message bus of these targets, and what each may do there. */
export const usersOf = (targets: readonly Target[]): BusUser[] => busUsers([...targets.map((target) => target.needs()), operator]);
