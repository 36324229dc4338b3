import type { Asked, Entry, Followed, HeardEvent, StreamEvent } from '@mela/testkit/chaos';
import { placeOf } from './stream-index.ts';

/** One line of a story. */
export function lineOf(entry: Entry): string {
  if (entry.kind === 'struck') {
    const end = entry.recoveredAt === undefined ? 'never recovered from' : `recovered from at ${seconds(entry.recoveredAt)}`;
    const missed = entry.missed === undefined ? 'struck' : `missed (${entry.missed})`;
    return `${clock(entry.at)}  ${entry.fault} ${missed}; healed at ${seconds(entry.healedAt)}, ${end}`;
  }
  if (entry.kind === 'died') return `${clock(entry.at)}  ${entry.role} ended by itself (${entry.how})`;
  if (entry.kind === 'mailed') return `${clock(entry.at)}  ${entry.to} got the mail ${entry.messageId}: ${entry.subject}`;
  if (entry.kind === 'heard') return `${clock(entry.at)}  ${lineOnScreen(entry)} heard ${entry.type} ${entry.id} of ${placeOf(entry.cursor)} on ${entry.topic}${entry.told ? '' : ', and did not tell it'}`;
  if (entry.kind === 'followed') return `${clock(entry.at)}  ${lineOnScreen(entry)} ${happened(entry)}`;
  const key = entry.key === undefined ? '' : `, key ${entry.key}, attempt ${entry.attempt}`;
  return `${clock(entry.at)}  ${entry.who} asked ${entry.operation} ${brief(entry.input)}${key}: ${outcomeOf(entry)} after ${entry.endedAt - entry.at} ms`;
}

const lineOnScreen = ({ who, screen, connection }: HeardEvent | Followed): string => `screen ${screen} of ${who}, line ${connection},`;

function happened(entry: Followed): string {
  if (entry.what === 'connected') return `connected by ${entry.way}`;
  if (entry.what === 'lost') return entry.asleep ? 'fell asleep' : 'was cut off';
  if (entry.what === 'subscribed') return `was let into ${entry.topic}, ${entry.recovered ? 'recovered' : 'not recovered'} until ${placeOf(entry.to)}`;
  return `${entry.what}: ${entry.topic}${'code' in entry ? ` (${entry.code})` : ''}`;
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
