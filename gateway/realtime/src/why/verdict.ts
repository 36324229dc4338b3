import type { DeliveryVerdict, Finding } from '@mela/contracts';
import { closing } from '../protocol/close-codes.ts';
import type { ConnectionRecord, SubscriptionRecord } from './records.ts';

/** What is asked about: an event of the recent past. */
export interface AskedEvent {
  readonly seq: number;
  readonly storedAt: number;
  readonly topics: readonly string[];
}

/** One connection as the journal knows it, and how it stands. */
export interface Account {
  readonly record: ConnectionRecord;
  /** Bytes that wait to be read, while it is open. */
  readonly waiting: number;
  /** How far a subscription that is still told the past has got. */
  readonly toldUntil: (topic: string) => number;
  /** About how many bytes it was sent of what happened on these topics after one place, up to another. */
  readonly bytesOf: (topics: readonly string[], after: number, until: number) => number;
}

type Judged = Pick<Finding, 'verdict' | 'at' | 'code' | 'waiting'>;

/** Where several subscriptions of one connection to one topic could explain it, the one nearer to a delivery does. */
const NEAREST_FIRST: readonly DeliveryVerdict[] = [
  'delivered', 'replayed', 'buffered', 'dropped', 'unconfirmed', 'revoked', 'unsubscribed', 'interrupted', 'right_later', 'refused', 'not_recovered', 'resumed_later',
  'subscribed_later',
];

/** What became of an event for one person at one gateway. `since`: before that, it is not known who was connected. */
export function explain(event: AskedEvent, accounts: readonly Account[], since: number): Finding[] {
  // What an admin heard through the person's eyes, the person did not.
  const own = accounts.filter(({ record }) => record.impersonator === undefined);
  const polls = new Set(accounts.flatMap(({ record: { id, transport } }) => (transport === 'poll' ? [id] : [])));
  const findings = saidOnce(accounts.filter(({ record }) => !wasGoneBy(record, event.seq)).flatMap((account) => onConnection(event, account)), polls);
  if (own.some(({ record }) => wasOpenAt(record, event.seq))) return findings;
  return [event.storedAt < since ? finding({ verdict: 'forgotten', at: iso(since) }) : absence(event, own), ...findings];
}

/** Whoever polls comes back again and again: that they have had it, the first of the next polls says. */
function saidOnce(findings: readonly Finding[], polls: ReadonlySet<string>): Finding[] {
  const said = new Set<string>();
  return findings.filter(({ verdict, connection, topic, impersonator = '' }) => {
    if (verdict !== 'resumed_later' || !polls.has(connection!)) return true;
    const whatOfWhom = `${topic} ${impersonator}`;
    const isNew = !said.has(whatOfWhom);
    said.add(whatOfWhom);
    return isNew;
  });
}

function onConnection(event: AskedEvent, account: Account): Finding[] {
  const { record } = account;
  return event.topics.flatMap((topic) => {
    const judged = record.subscriptions.filter((one) => one.topic === topic).map((one) => judge(event, one, account));
    const [nearest] = judged.sort((one, other) => NEAREST_FIRST.indexOf(one.verdict) - NEAREST_FIRST.indexOf(other.verdict));
    const place = { connection: record.id, topic, ...(record.impersonator === undefined ? {} : { impersonator: record.impersonator }) };
    if (nearest) return [finding({ ...nearest, ...place })];
    if (!wasOpenAt(record, event.seq)) return [];
    return [finding({ verdict: event.seq <= record.forgottenUntil ? 'forgotten' : 'not_subscribed', at: iso(event.storedAt), ...place })];
  });
}

const wasGoneBy = ({ ended }: ConnectionRecord, seq: number): boolean => ended !== undefined && ended.seq < seq;
const wasOpenAt = (record: ConnectionRecord, seq: number): boolean => record.began.seq < seq && !wasGoneBy(record, seq);

/** The last connection there was before says how it came to that. */
function absence(event: AskedEvent, accounts: readonly Account[]): Finding {
  const gone = accounts.flatMap(({ record }) => (wasGoneBy(record, event.seq) ? [record] : []));
  const last = gone.sort((one, other) => one.ended!.at - other.ended!.at).at(-1);
  if (!last) return finding({ verdict: 'not_connected' });
  return finding({ verdict: 'not_connected', connection: last.id, at: iso(last.ended!.at), code: String(last.ended!.code) });
}

function judge(event: AskedEvent, record: SubscriptionRecord, account: Account): Judged {
  const { seq } = event;
  const { refused, granted, live, ended } = record;
  if (refused) return is('refused', refused.at, { code: refused.code });
  if (granted && seq <= granted.from) return is(reasonToBeginLater(seq, granted), granted.at);
  const until = ended?.seq ?? (live ? Number.POSITIVE_INFINITY : account.toldUntil(record.topic));
  if (granted && seq <= until) return written(event, record, account);
  if (!ended) return is('buffered', record.asked.at, { waiting: account.waiting });
  if (ended.how === 'revoked') return is('revoked', ended.at);
  if (ended.how === 'gone') return lostWith(account.record);
  return is('unsubscribed', ended.at);
}

function reasonToBeginLater(seq: number, { rightFrom, cursor }: NonNullable<SubscriptionRecord['granted']>): DeliveryVerdict {
  if (seq <= rightFrom) return 'right_later';
  if (cursor === 'good') return 'resumed_later';
  return cursor === 'lost' ? 'not_recovered' : 'subscribed_later';
}

/** It was handed to the connection: what is known of whether it was read. */
function written(event: AskedEvent, subscription: SubscriptionRecord, account: Account): Judged {
  const { granted, ended } = subscription;
  const cameBack = granted!.cursor === 'good' && event.seq <= granted!.seq;
  const at = Math.max(event.storedAt, granted!.at);
  const told = is(cameBack ? 'replayed' : 'delivered', at);
  const { record } = account;
  const listened = record.subscriptions.flatMap((one) => (one.granted ? [one.topic] : []));
  const behindIt = (until: number) => account.bytesOf(listened, event.seq, until);
  if (!record.ended) return account.waiting > behindIt(Number.POSITIVE_INFINITY) ? is('buffered', told.at, { waiting: account.waiting }) : told;
  const { clean, code, waiting } = record.ended;
  if (clean || ended?.how !== 'gone') return told;
  if (waiting > behindIt(ended.seq)) return code === closing.slow.code ? lostWith(record) : is('unconfirmed', record.ended.at, { code: String(code), waiting });
  return wasHeardAfter(event, subscription, record) ? told : is('unconfirmed', record.ended.at, { code: String(code) });
}

/** A sign of life since it was written. Streams and polls say nothing back. */
function wasHeardAfter({ seq }: AskedEvent, { live }: SubscriptionRecord, { transport, heard }: ConnectionRecord): boolean {
  return transport === 'websocket' && live !== undefined && live.turn < heard.turn && seq <= heard.seq;
}

/** Too late for a connection that was about to end. */
function lostWith({ ended }: ConnectionRecord): Judged {
  const { at, code, waiting } = ended!;
  return is(code === closing.slow.code ? 'dropped' : 'interrupted', at, { code: String(code), waiting });
}

const iso = (at: number): string => new Date(at).toISOString();

const is = (verdict: DeliveryVerdict, at: number | string | null, more: Partial<Judged> = {}): Judged => ({
  verdict, at: typeof at === 'number' ? iso(at) : at, code: null, waiting: null, ...more,
});

const finding = (facts: Partial<Finding> & Pick<Finding, 'verdict'>): Finding => ({ connection: null, topic: null, at: null, code: null, waiting: null, ...facts });
