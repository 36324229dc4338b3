import type { Evidence, ServiceEvidence, Violation } from '@mela/testkit/chaos';
import { indexOf } from '../stream-index.ts';
import type { Judge } from './judge.ts';

const invariant = 'I2';
const OWNER = 'communities';

/** Every effect of an event exactly once: the witness's count, the replicas, and no event put aside. */
export const effectsOnce: Judge = (evidence) => [...miscounted(evidence), ...putAside(evidence), ...diverged(evidence)];

function miscounted({ stream, tally }: Evidence): Violation[] {
  const told = new Map<string, number>();
  for (const [event] of indexOf(stream).copies.values()) told.set(event!.aggregate, (told.get(event!.aggregate) ?? 0) + 1);
  return [...new Set([...told.keys(), ...Object.keys(tally)])].flatMap((aggregate) => {
    const [events, counted] = [told.get(aggregate) ?? 0, tally[aggregate] ?? 0];
    return events === counted ? [] : [{ invariant, what: `The witness counted ${counted} events of ${aggregate}, and the stream has ${events}`, about: [aggregate] }];
  });
}

const putAside = ({ services }: Evidence): Violation[] =>
  Object.values(services).flatMap(({ deadLetters }) =>
    deadLetters.map(({ consumer, eventId, state, error }) => ({ invariant, what: `${consumer} put event ${eventId} aside (${state}): ${error}`, about: [eventId] })),
  );

type Member = ServiceEvidence['members'][number];

/** Held against the owner's own rows. Nobody knows them, nobody is judged. */
function diverged({ services }: Evidence): Violation[] {
  const rows = services[OWNER]?.rows['membership'];
  if (!rows) return [];
  const owned = new Map((rows as unknown as readonly Member[]).map((member) => [pairOf(member), member]));
  return Object.entries(services)
    .filter(([, { members, keepsMembers }]) => keepsMembers === true || members.length > 0)
    .flatMap(([service, { members }]) => {
      const kept = new Map(members.map((member) => [pairOf(member), member]));
      return [...new Set([...owned.keys(), ...kept.keys()])].flatMap((pair) => {
        const [theirs, ours] = [inWords(owned.get(pair)), inWords(kept.get(pair))];
        return theirs === ours ? [] : [{ invariant, what: `${service} knows the membership ${pair} as ${ours}, and ${OWNER} has it as ${theirs}`, about: [pair] }];
      });
    });
}

/** As the aggregate is called. */
const pairOf = ({ communityId, userId }: Member): string => `${communityId}:${userId}`;

const inWords = (member: Member | undefined): string => (member ? `${member.role ?? 'nobody'}, version ${member.version}` : 'nothing');
