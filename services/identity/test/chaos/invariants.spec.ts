import {
  AnswerWithheld, id, identity, InvalidToken, SecondFactorNeeded, Suspended, TokenRefused, UserDeleted, WrongCredentials, type AuditKind, type Operation, type Refusal,
} from '@mela/contracts';
import { agentOf, type Asked, type Entry, type Evidence, type Rows, type StreamEvent } from '@mela/testkit/chaos';
import { describe, expect, it } from 'vitest';
import { workload } from '../chaos.ts';
import { passwordOf } from './account.ts';

const [ASHA, RAVI, HERE, THERE] = [id(1), id(2), id(11), id(12)];
const WHO: Readonly<Record<string, string>> = { [ASHA]: 'asha', [RAVI]: 'ravi' };

let keys = 0;
interface Circumstances {
  readonly who?: string;
  readonly personId?: string | undefined;
  readonly sessionId?: string;
  readonly outcome?: Asked['outcome'];
  readonly key?: string;
}
const asks = (operation: Operation, input: Record<string, unknown>, at: number, { personId = ASHA, sessionId = HERE, who = WHO[personId] ?? 'asha', outcome = answered(), key = `key-${++keys}` }: Circumstances = {}): Asked => ({
  kind: 'asked', who, personId, sessionId, operation: operation.id, command: operation.kind === 'command', input, key: operation.kind === 'command' ? key : undefined, attempt: 1, at, endedAt: at + 10, outcome,
});
/** By whoever has no session yet. */
const comes = (operation: Operation, input: Record<string, unknown>, at: number, more: Circumstances = {}): Asked => ({ ...asks(operation, input, at, more), personId: undefined, sessionId: undefined });
const answered = (body: unknown = {}): Asked['outcome'] => ({ kind: 'answered', status: 200, body, replayed: false });
const opens = (sessionId = HERE, personId = ASHA) => answered({ person: { id: personId }, sessionId });
const refused = ({ status, code }: Refusal): Asked['outcome'] => ({ kind: 'refused', status, code });
const lost: Asked['outcome'] = { kind: 'broken', why: 'ECONNRESET' };

const notedOf = ({ key }: Asked, what: AuditKind, about = ASHA) => ({ id: id(100 + ++keys), what, who: about, about, agent: agentOf(key!) });
const usual: Rows = { person: [{ id: ASHA, email: 'asha@example.org', suspended: false, closed: false, leaving: false }] };

function complaints(invariant: string, history: readonly Entry[], rows: Rows = {}, stream: readonly StreamEvent[] = []): string[] {
  const service = { aggregates: {}, rows: { ...usual, ...rows }, outbox: [], sent: [], deadLetters: [], owned: {}, kept: {} };
  const evidence: Evidence = { history, stream, services: { identity: service }, tally: {} };
  return workload.invariants!.find(({ name }) => name === invariant)!.judge(evidence).map(({ what }) => what);
}

describe('a young token', () => {
  const invariant = 'a young token is taken';
  const judged = (...history: Entry[]) => complaints(invariant, history);
  const signsIn = comes(identity.signIn, { email: 'asha@example.org', password: passwordOf({ password: 0 }) }, 1, { outcome: opens() });
  const nobody = (at = 1_000) => asks(identity.me, {}, at, { outcome: refused(InvalidToken()) });

  it('may be refused where its session may have ended, or it is old', () => {
    expect(judged(nobody())).toEqual([]);
    expect(judged(signsIn, nobody(30 * 60_000))).toEqual([]);
    expect(judged(signsIn, asks(identity.endSession, { sessionId: HERE }, 500), nobody())).toEqual([]);
    expect(judged(signsIn, asks(identity.deactivate, {}, 1_005, { outcome: lost }), nobody())).toEqual([]);
    expect(judged(signsIn, comes(identity.resetPassword, { token: 'x' }, 500), nobody())).toEqual([]);
    expect(judged(signsIn, asks(identity.suspend, { personId: ASHA }, 500, { personId: RAVI }), nobody())).toEqual([]);
    expect(judged(signsIn, asks(identity.changePassword, {}, 500, { sessionId: THERE }), nobody())).toEqual([]);
  });

  it('and is refused all the same, is noticed', () => {
    expect(judged(signsIn, nobody())).toHaveLength(1);
    expect(judged(signsIn, asks(identity.changePassword, {}, 500), nobody())).toHaveLength(1);
    expect(judged(signsIn, asks(identity.endSession, { sessionId: THERE }, 500), nobody())).toHaveLength(1);
    expect(judged(signsIn, asks(identity.deactivate, {}, 1_500), nobody())).toHaveLength(1);
    expect(judged(signsIn, comes(identity.resetPassword, { token: 'x' }, 500, { outcome: refused(TokenRefused()) }), nobody())).toHaveLength(1);
  });
});

describe('another password', () => {
  const invariant = 'another password ends what was opened with the one before';
  const signsIn = (password: number, sessionId: string) => comes(identity.signIn, { email: 'asha@example.org', password: passwordOf({ password }) }, 100, { outcome: opens(sessionId) });
  const changes = (outcome = answered()) => asks(identity.changePassword, { password: passwordOf({ password: 0 }), newPassword: passwordOf({ password: 1 }) }, 105, { outcome });
  const alive = (...sessions: string[]): Rows => ({ session: [HERE, THERE].map((one) => ({ id: one, personId: ASHA, revoked: !sessions.includes(one) })) });

  it('leaves what asked for it, and what was opened with it', () => {
    expect(complaints(invariant, [signsIn(0, HERE), signsIn(0, THERE), changes()], alive(HERE))).toEqual([]);
    expect(complaints(invariant, [signsIn(0, HERE), signsIn(1, THERE), changes()], alive(HERE, THERE))).toEqual([]);
    expect(complaints(invariant, [signsIn(0, HERE), signsIn(0, THERE), changes(refused(WrongCredentials()))], alive(HERE, THERE))).toEqual([]);
  });

  it('and something goes on that was opened with the one before, is noticed', () => {
    expect(complaints(invariant, [signsIn(0, HERE), signsIn(0, THERE), changes()], alive(HERE, THERE))).toEqual([expect.stringContaining(THERE)]);
    const resets = comes(identity.resetPassword, { token: 'x', newPassword: passwordOf({ password: 1 }) }, 105);
    expect(complaints(invariant, [signsIn(0, HERE), resets], alive(HERE))).toHaveLength(1);
  });
});

describe('the log', () => {
  const invariant = 'what is done is noted, once';
  const changes = asks(identity.changePassword, {}, 1);
  const withheld = comes(identity.signIn, {}, 1, { outcome: refused(AnswerWithheld()) });
  const wrong = comes(identity.signIn, {}, 1, { outcome: refused(WrongCredentials()) });
  const judged = (history: readonly Entry[], ...audit: Rows[string][number][]) => complaints(invariant, history, { audit });

  it('has what was done, what may have been, and who was refused', () => {
    expect(judged([changes, withheld], notedOf(changes, 'password_changed'), notedOf(withheld, 'signed_in'))).toEqual([]);
    expect(judged([wrong], notedOf(wrong, 'sign_in_failed'))).toEqual([]);
    expect(judged([{ ...changes, outcome: lost }])).toEqual([]);
    expect(judged([], { id: id(9), what: 'appointed', agent: null })).toEqual([]);
  });

  it('has too little, too much or what nobody asked for: that is noticed', () => {
    expect(judged([changes])).toHaveLength(1);
    expect(judged([changes], notedOf(changes, 'password_changed'), notedOf(changes, 'password_changed'))).toHaveLength(1);
    expect(judged([wrong], notedOf(wrong, 'signed_in'))).toHaveLength(1);
    expect(judged([changes], notedOf(changes, 'password_changed'), notedOf(changes, 'suspended'))).toHaveLength(1);
    expect(judged([], notedOf(changes, 'password_changed'))).toHaveLength(1);
    expect(judged([], { id: id(9), what: 'signed_in', agent: 'a browser' })).toHaveLength(1);
  });

  it('is read by whom it concerns, the latest first', () => {
    const reading = 'what one reads in the log is in it, and one’s own';
    const audit = [{ id: id(31), about: ASHA }, { id: id(32), about: ASHA }, { id: id(33), about: RAVI }];
    const reads = (...items: [string, number][]) => asks(identity.audit, {}, 1, { outcome: answered({ items: items.map(([entry, second]) => ({ id: entry, at: `2026-03-01T10:00:0${second}Z` })) }) });
    expect(complaints(reading, [reads([id(31), 2], [id(32), 1])], { audit })).toEqual([]);
    expect(complaints(reading, [reads([id(31), 1], [id(32), 2])], { audit })).toEqual([expect.stringContaining('in no order')]);
    expect(complaints(reading, [reads([id(33), 2], [id(34), 1])], { audit })).toEqual([expect.stringContaining('another’s'), expect.stringContaining('not there')]);
  });
});

describe('what works once', () => {
  const invariant = 'what works once works once';
  const verifies = (outcome = answered()) => comes(identity.verifyEmail, { token: 'a token' }, 1, { outcome });
  const signsIn = (challenge: string, proof: Record<string, string>, more: Circumstances = {}) => comes(identity.signInWithCode, { challenge, ...proof }, 1, { outcome: opens(), ...more });

  it('may be shown again in vain, and by somebody else', () => {
    expect(complaints(invariant, [verifies(), verifies(refused(TokenRefused())), verifies(lost)])).toEqual([]);
    expect(complaints(invariant, [signsIn('one', { code: '123456' }), signsIn('two', { code: '123456' }, { who: 'ravi' })])).toEqual([]);
    expect(complaints(invariant, [signsIn('one', { recoveryCode: 'a' }), signsIn('two', { recoveryCode: 'b' })])).toEqual([]);
  });

  it('and works twice, is noticed', () => {
    expect(complaints(invariant, [verifies(), verifies(refused(AnswerWithheld()))])).toHaveLength(1);
    expect(complaints(invariant, [signsIn('one', { recoveryCode: 'a' }), signsIn('two', { recoveryCode: 'a' })])).toEqual([expect.stringContaining('The same recoveryCode of asha')]);
    expect(complaints(invariant, [signsIn('one', { code: '123456' }), asks(identity.removeTotp, { code: '123456' }, 5)])).toHaveLength(1);
    expect(complaints(invariant, [signsIn('one', { code: '1' }), signsIn('one', { code: '2' })])).toEqual([expect.stringContaining('challenge')]);
    const links = 'a link is used or worth nothing any more, and not both';
    expect(complaints(links, [], { verification: [{ id: id(5), purpose: 'verify_email', used: true, superseded: true }] })).toHaveLength(1);
  });
});

it('a handle that was answered to be somebody’s is nobody else’s', () => {
  const invariant = 'a handle is one person’s';
  const called = asks(identity.changeProfile, { handle: 'runner.1' }, 1, { outcome: answered({ handle: 'runner.1' }) });
  expect(complaints(invariant, [called], { handle: [{ handle: 'runner.1', personId: ASHA }] })).toEqual([]);
  expect(complaints(invariant, [called], { handle: [{ handle: 'runner.1', personId: RAVI }] })).toEqual([expect.stringContaining(RAVI)]);
  expect(complaints(invariant, [called], { handle: [] })).toEqual([expect.stringContaining('nobody’s')]);
});

describe('whoever closes their account', () => {
  const invariant = 'whoever has come back has their account, and whoever has not has closed it';
  const closes = (at: number, operation: Operation = identity.delete, outcome = answered()) => asks(operation, {}, at, { outcome });
  const returns = (at: number, outcome = opens()) => comes(identity.signIn, { email: 'asha@example.org' }, at, { outcome });
  const judged = (history: readonly Entry[], row: Record<string, unknown>) => complaints(invariant, history, { person: [{ id: ASHA, ...row }] });
  const [open, closed, leaving] = [{ closed: false, leaving: false }, { closed: true, leaving: false }, { closed: true, leaving: true }];

  it('has it as they left it, or came back to it', () => {
    expect(judged([closes(1), returns(50)], open)).toEqual([]);
    expect(judged([closes(1)], leaving)).toEqual([]);
    expect(judged([closes(1), returns(50), closes(100, identity.deactivate)], closed)).toEqual([]);
    for (const row of [open, leaving]) {
      expect(judged([closes(1), returns(50, lost)], row)).toEqual([]);
      expect(judged([closes(1), returns(5)], row)).toEqual([]);
      expect(judged([closes(1, identity.delete, lost), returns(50)], row)).toEqual([]);
    }
  });

  it('and has it otherwise, is noticed', () => {
    expect(judged([closes(1), returns(50)], leaving)).toHaveLength(1);
    expect(judged([closes(1), returns(50)], closed)).toHaveLength(1);
    expect(judged([closes(1)], open)).toHaveLength(1);
    expect(judged([closes(1)], closed)).toHaveLength(1);
    expect(judged([closes(1), returns(50, refused(SecondFactorNeeded()))], open)).toHaveLength(1);
    expect(complaints(invariant, [closes(1), returns(50)], { person: [] })).toEqual([expect.stringContaining('gone')]);
  });

  it('is not deleted within minutes', () => {
    const gone: StreamEvent = { seq: 1, id: id(50), type: UserDeleted.type, noun: 'user', source: '/mela/identity', aggregate: ASHA, version: 3, data: { userId: ASHA } };
    expect(complaints('nobody is deleted within their grace', [], {}, [gone])).toHaveLength(1);
  });
});

describe('whoever is shut out', () => {
  const [out, state] = ['whoever is shut out is signed in nowhere', 'whoever was shut out last is, and whoever was let in last is not'];
  const suspends = (at: number, outcome = answered()) => asks(identity.suspend, { personId: ASHA }, at, { personId: RAVI, outcome });
  const restores = (at: number, outcome = answered()) => asks(identity.restore, { personId: ASHA }, at, { personId: RAVI, outcome });
  const comesIn = (at: number, outcome = opens()) => comes(identity.signIn, { email: 'asha@example.org' }, at, { outcome });
  const person = (suspended: boolean): Rows => ({ person: [{ id: ASHA, suspended }] });

  it('comes in before it, while it is done, and once they may be let in again', () => {
    expect(complaints(out, [comesIn(1), suspends(50), comesIn(55), comesIn(100, refused(Suspended())), restores(200), comesIn(205)], person(false))).toEqual([]);
    expect(complaints(out, [suspends(50, lost), comesIn(500)], person(true))).toEqual([]);
    expect(complaints(state, [suspends(1), restores(50)], person(false))).toEqual([]);
    for (const is of [true, false]) expect(complaints(state, [suspends(1), restores(5)], person(is))).toEqual([]);
  });

  it('and comes in all the same, is noticed', () => {
    expect(complaints(out, [suspends(50), comesIn(100)], person(true))).toHaveLength(1);
    expect(complaints(out, [suspends(50), comesIn(100), restores(200)], person(false))).toHaveLength(1);
    expect(complaints(out, [], { ...person(true), session: [{ id: HERE, personId: ASHA, revoked: false }] })).toHaveLength(1);
  });

  it('and is not, or is shut out who was let in, is noticed', () => {
    expect(complaints(state, [suspends(1)], person(false))).toHaveLength(1);
    expect(complaints(state, [suspends(1), restores(50)], person(true))).toHaveLength(1);
    expect(complaints(state, [suspends(1)], { person: [] })).toHaveLength(1);
  });
});

it('an export that is not ready, or lacks what a service had to say, is noticed', () => {
  const invariant = 'an export becomes ready, with all services’ parts';
  const judged = (ready: boolean, missing: string[] | null) => complaints(invariant, [], { export: [{ id: id(7), personId: ASHA, ready, missing }] });
  expect(judged(true, [])).toEqual([]);
  expect(judged(false, null)).toHaveLength(1);
  expect(judged(true, ['communities'])).toEqual([expect.stringContaining('without what communities had to say')]);
});
