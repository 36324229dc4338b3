import { header, type Exchange, type Step } from '@mela/bus';
import { TooManyRequests, Unavailable } from '@mela/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDb, type OpenDb } from '../database/db.fixture.ts';
import { fleeting, lasting } from '../database/transaction.ts';
import { ASHA, exchangeOf, RAVI } from '../service/exchange.fixture.ts';
import { NoteEmpty, notes, NoteService, notesMigrations, openGround, type Ground } from '../service/notes.fixture.ts';
import { idempotent } from './idempotent.ts';

let ground: Ground;
let open: OpenDb;
let pen: NoteService;

beforeAll(async () => {
  ground = await openGround({ notes: notesMigrations });
  open = await openDb(ground, 'notes');
  pen = new NoteService(open.db);
});
afterAll(async () => {
  await open?.close();
  await ground?.remove();
});

const written: Step = ({ input }) => pen.write((input as { text: string }).text);
const once = (exchange: Exchange, step: Step = written) => idempotent(open.db)(step)(exchange);
const keyed = (key: string, text: string, caller = ASHA) => exchangeOf(notes.write, { caller, input: { text }, headers: { [header.idempotencyKey]: key } });

const countOf = async (table: string, where = 'true', values: unknown[] = []): Promise<number> =>
  (await open.db.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table} WHERE ${where}`, values))[0]!.n;
const notesOf = (text: string) => countOf('note', 'text = $1', [text]);
const records = () => countOf('idempotency');
const events = () => countOf('outbox');

describe('what takes no key', () => {
  it('is a query: a key on it changes nothing', async () => {
    const before = await records();
    const counting = () => once(exchangeOf(notes.count, { headers: { [header.idempotencyKey]: 'not even a key' } }), async () => ({ count: await pen.count() }));
    const { count } = (await counting()) as { count: number };
    await pen.write('between');
    expect(await counting()).toEqual({ count: count + 1 });
    expect(await records()).toBe(before);
  });

  it('is a command without one: it takes effect each time', async () => {
    const before = await records();
    for (const exchange of [0, 1].map(() => exchangeOf(notes.write, { caller: ASHA, input: { text: 'bare' } }))) await once(exchange);
    expect([await notesOf('bare'), await records()]).toEqual([2, before]);
  });
});

describe('a command with a key', () => {
  it('takes effect once; then its record answers, and says so', async () => {
    const [first, again] = [keyed('k-once', 'once'), keyed('k-once', 'once')];
    const answer = await once(first);
    expect(await once(again)).toEqual(answer);
    expect([first, again].map(({ replyHeaders }) => replyHeaders.get(header.replayed))).toEqual([undefined, 'true']);
    expect(await notesOf('once')).toBe(1);
  });

  it('is its caller’s own, and stands for one input', async () => {
    await once(keyed('k-own', 'own'));
    await once(keyed('k-own', 'own', RAVI));
    expect(await notesOf('own')).toBe(2);
    expect(await once(keyed('k-own', 'another'))).toMatchObject({ status: 422, code: 'idempotency.key_reused' });
  });

  it('is refused while the first is at work', async () => {
    let begin!: () => void;
    let finish!: () => void;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const first = once(keyed('k-busy', 'busy'), async (exchange) => {
      begin();
      await new Promise<void>((resolve) => (finish = resolve));
      return written(exchange);
    });
    await begun;
    expect(await once(keyed('k-busy', 'busy'))).toMatchObject({ status: 409, code: 'idempotency.in_progress' });
    finish();
    await first;
    expect(await notesOf('busy')).toBe(1);
  });

  it('keeps the key out of its record', async () => {
    await once(keyed('k-hidden', 'hidden'));
    expect(await countOf('idempotency', `key LIKE '%hidden%' OR fingerprint LIKE '%hidden%'`)).toBe(0);
  });
});

describe('a refusal', () => {
  it('is recorded alone: what it refused is undone', async () => {
    const before = await events();
    expect(await once(keyed('k-empty', ''))).toMatchObject({ code: 'note.empty' });
    const again = keyed('k-empty', '');
    expect(await once(again, async () => 'a second attempt')).toMatchObject({ code: 'note.empty' });
    expect(again.replyHeaders.get(header.replayed)).toBe('true');
    expect([await notesOf(''), await events()]).toEqual([0, before]);
  });

  it.each([Unavailable, TooManyRequests])('that is for now is no answer yet: nothing stays, and the next attempt may get one', async (refuse) => {
    const [recordsBefore, eventsBefore] = [await records(), await events()];
    const unlucky = await once(keyed(`k-${refuse.code}`, refuse.code), async (exchange) => {
      await written(exchange);
      return refuse();
    });
    expect(unlucky).toMatchObject({ status: refuse.status });
    expect([await notesOf(refuse.code), await records(), await events()]).toEqual([0, recordsBefore, eventsBefore]);
    expect(await once(keyed(`k-${refuse.code}`, refuse.code))).toMatchObject({ text: refuse.code });
  });

  it('that lasts keeps what it changed, once', async () => {
    const before = await events();
    const ends: Step = async (exchange) => {
      await written(exchange);
      return lasting(NoteEmpty());
    };
    expect(await once(keyed('k-lasting', 'lasting'), ends)).toMatchObject({ code: 'note.empty' });
    expect(await once(keyed('k-lasting', 'lasting'), ends)).toMatchObject({ code: 'note.empty' });
    expect([await notesOf('lasting'), await events()]).toEqual([1, before + 1]);
  });
});

it('a refusal with a secret of a moment is recorded nowhere, and done anew: what lasts of it stays', async () => {
  const before = await records();
  const hints: Step = async (exchange) => {
    await written(exchange);
    return lasting(fleeting(NoteEmpty(undefined, { challenge: 'psst' })));
  };
  for (let turn = 1; turn <= 2; turn++) expect(await once(keyed('k-fleeting', 'fleeting'), hints)).toMatchObject({ code: 'note.empty', facts: { challenge: 'psst' } });
  expect([await notesOf('fleeting'), await records()]).toEqual([2, before]);
});

it('a command that heeds none is done each time, and nothing is recorded', async () => {
  const before = await records();
  const heedless = () => once(exchangeOf({ ...notes.write, keyed: false }, { caller: ASHA, input: { text: 'heedless' }, headers: { [header.idempotencyKey]: 'k-heedless' } }));
  for (let turn = 1; turn <= 2; turn++) expect(await heedless()).toMatchObject({ text: 'heedless' });
  expect([await notesOf('heedless'), await records()]).toEqual([2, before]);
});

it('its record commits with the effects: when something breaks there is neither', async () => {
  const [recordsBefore, eventsBefore] = [await records(), await events()];
  await expect(once(keyed('k-broken', 'broken'))).rejects.toThrow('the pen broke');
  expect([await notesOf('broken'), await records(), await events()]).toEqual([0, recordsBefore, eventsBefore]);
});

it('people who are not signed in do not meet where they chose one key for different things', async () => {
  const whisper = (text: string) => once(exchangeOf(notes.whisper, { input: { text }, headers: { [header.idempotencyKey]: 'k-1' } }));
  expect(await whisper('mine')).toMatchObject({ text: 'mine' });
  expect(await whisper('yours')).toMatchObject({ text: 'yours' });
  expect(await whisper('mine')).toMatchObject({ status: 409, code: 'idempotency.answer_withheld' });
  expect([await notesOf('mine'), await notesOf('yours')]).toEqual([1, 1]);
});
