import type { Asked, Entry, StreamEvent } from '@mela/testkit/chaos';

/** One line of a story. */
export function lineOf(entry: Entry): string {
  if (entry.kind === 'struck') {
    const end = entry.recoveredAt === undefined ? 'never recovered from' : `recovered from at ${seconds(entry.recoveredAt)}`;
    const missed = entry.missed === undefined ? 'struck' : `missed (${entry.missed})`;
    return `${clock(entry.at)}  ${entry.fault} ${missed}; healed at ${seconds(entry.healedAt)}, ${end}`;
  }
  if (entry.kind === 'died') return `${clock(entry.at)}  ${entry.role} ended by itself (${entry.how})`;
  if (entry.kind === 'heard') return `${clock(entry.at)}  ${entry.who} heard ${entry.type} ${entry.id} on ${entry.topic}, connection ${entry.connection}`;
  const key = entry.key === undefined ? '' : `, key ${entry.key}, attempt ${entry.attempt}`;
  return `${clock(entry.at)}  ${entry.who} asked ${entry.operation} ${brief(entry.input)}${key}: ${outcomeOf(entry)} after ${entry.endedAt - entry.at} ms`;
}

export const eventLineOf = ({ seq, type, id, noun, aggregate, version }: StreamEvent): string =>
  `${`#${seq}`.padStart(11)}  ${type} ${id}: version ${version} of ${noun} ${aggregate}`;

function outcomeOf({ outcome }: Asked): string {
  if (outcome.kind === 'broken') return `no answer (${outcome.why})`;
  if (outcome.kind === 'refused') return `${outcome.status} ${outcome.code}`;
  return `${outcome.status}${outcome.replayed ? ', replayed,' : ''} ${brief(outcome.body)}`;
}

export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;

const clock = (ms: number): string => seconds(ms).padStart(11);

/** A password of a made-up person is no secret, and still nobody's business. */
const brief = (value: unknown): string => {
  const text = JSON.stringify(value, (name, inner: unknown) => (/password|token/i.test(name) ? '…' : inner)) ?? '';
  return text.length > 160 ? `${text.slice(0, 159)}…` : text;
};
