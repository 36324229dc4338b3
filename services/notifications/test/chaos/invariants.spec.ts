import { id, UserEmailChanged, UserPasswordChanged, VerificationRequested, type EventType } from '@mela/contracts';
import type { Evidence, Mailed, Rows, StreamEvent } from '@mela/testkit/chaos';
import { describe, expect, it } from 'vitest';
import { workload } from '../chaos.ts';

const [ASHA, PROOF, CHANGE] = [id(1), id(7), id(8)];
const [NOW, BEFORE] = ['asha@example.org', 'asha-before@example.org'];
const token = (proof: string) => Buffer.concat([Buffer.from(proof.replaceAll('-', ''), 'hex'), Buffer.alloc(24)]).toString('base64url');

let places = 0;
const says = (eventId: string, { type, noun }: EventType, data: Record<string, unknown>): StreamEvent => ({ seq: ++places, id: eventId, type, noun, source: '/mela/identity', aggregate: ASHA, version: 1, data });
const stream = [says(id(21), VerificationRequested, { verificationId: PROOF }), says(id(22), UserPasswordChanged, { userId: ASHA }), says(id(23), UserEmailChanged, { userId: ASHA, changeId: CHANGE })];

const mail = (eventId: string, about: string, subjectId: string, state = 'sent', reason: string | null = null) => ({ id: eventId, about, subjectId, state, reason });
const [proves, tells, moved] = [mail(id(21), 'verification', PROOF), mail(id(22), 'password_changed', ASHA), mail(id(23), 'email_changed', CHANGE)];
const all = [proves, tells, moved];
const came = (eventId: string, to: string, more: Partial<Mailed> = {}): Mailed => ({ kind: 'mailed', at: 1, to, messageId: `<${eventId}@mela.example>`, subject: 'Word', token: undefined, ...more });
const box = [came(id(21), NOW, { token: token(PROOF) }), came(id(22), NOW), came(id(23), BEFORE)];

const identity: Rows = {
  verification: [{ id: PROOF, purpose: 'verify_email', email: NOW, used: false, superseded: false }],
  person: [{ id: ASHA, email: NOW }],
  emailChange: [{ id: CHANGE, personId: ASHA, oldEmail: BEFORE, newEmail: NOW, completed: true }],
};

function complaints({ history = box, events = stream, mails = all, rows = {} }: { history?: readonly Mailed[]; events?: readonly StreamEvent[]; mails?: Rows[string]; rows?: Rows }): string[] {
  const service = (own: Rows) => ({ aggregates: {}, rows: own, outbox: [], sent: [], deadLetters: [], owned: {}, kept: {} });
  const evidence: Evidence = { history, stream: events, services: { notifications: service({ mail: mails }), identity: service({ ...identity, ...rows }) }, tally: {} };
  return workload.invariants!.flatMap(({ judge }) => judge(evidence)).map(({ invariant }) => invariant);
}

const [owed, arrived, madeUp] = workload.invariants!.map(({ name }) => name);

describe('mail', () => {
  it('that came once or more often for each event is not complained of, also where the event lies in the stream twice', () => {
    expect(complaints({})).toEqual([]);
    expect(complaints({ history: [...box, ...box] })).toEqual([]);
    expect(complaints({ events: [...stream, ...stream] })).toEqual([]);
  });

  it('that is owed for nothing, or is not owed for what asks for one, is noticed', () => {
    expect(complaints({ mails: [proves, tells], history: box.slice(0, 2) })).toEqual([owed]);
    expect(complaints({ events: stream.slice(0, 2) })).toEqual([owed]);
    expect(complaints({ mails: [proves, mail(id(22), 'password_changed', CHANGE), moved] })).toContain(owed);
  });

  it('that never came is noticed, whatever is said of it', () => {
    expect(complaints({ history: box.slice(1) })).toEqual([arrived]);
    for (const state of ['waiting', 'failed', 'needless']) expect(complaints({ history: box.slice(1), mails: [{ ...proves, state }, tells, moved] })).toEqual([arrived]);
    expect(complaints({ mails: [{ ...proves, state: 'failed', reason: '550' }, tells, moved] })).toEqual([arrived]);
    expect(complaints({ history: [box[0]!, box[2]!], mails: [proves, { ...tells, state: 'needless' }, moved] })).toEqual([arrived]);
  });

  it('that nobody needs any more may be left unsent', () => {
    const needless = { history: box.slice(1), mails: [{ ...proves, state: 'needless' }, tells, moved] };
    const whereIt = (change: Record<string, unknown>) => complaints({ ...needless, rows: { verification: [{ ...identity['verification']![0], ...change }] } });
    expect(whereIt({ used: true })).toEqual([]);
    expect(whereIt({ superseded: true })).toEqual([]);
    expect(whereIt({ purpose: 'reset_password', email: 'nobody@example.org' })).toEqual([]);
    expect(whereIt({ purpose: 'reset_password' })).toEqual([arrived]);
  });

  it('that is called otherwise each time, says something else, or comes to somebody else, is noticed', () => {
    expect(complaints({ history: [...box, came(id(99), NOW)] })).toEqual([madeUp]);
    expect(complaints({ history: [...box, { ...box[1]!, messageId: '<1@elsewhere.example>' }] })).toEqual([madeUp]);
    expect(complaints({ history: [...box, { ...box[0]!, subject: 'Other words' }] })).toEqual([madeUp]);
    expect(complaints({ history: [{ ...box[0]!, token: token(CHANGE) }, ...box.slice(1)] })).toEqual([madeUp]);
    expect(complaints({ history: [box[0]!, { ...box[1]!, to: 'ravi@example.org' }, box[2]!] })).toEqual([madeUp]);
    expect(complaints({ history: [...box.slice(0, 2), { ...box[2]!, to: NOW }] })).toEqual([madeUp]);
  });
});
