import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { communities, identity, isRefusal, realtime, topic, type AuditEntry, type Session } from '@mela/contracts';
import { Ear } from '@mela/testkit/clients';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Api } from '../src/api.ts';
import { mela } from '../src/mela.ts';
import { PaperTerminal } from './paper-terminal.ts';
import { Started, type Ready } from './started.ts';

let data: string;
let up: Started;
let ready: Ready;
let api: Api;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'mela-admin-'));
  up = Started.mela(`up --ephemeral --json --data ${data}`);
  ready = await up.json();
  api = new Api(ready.api);
}, 120_000);
afterAll(async () => {
  await up?.end();
  await rm(data, { recursive: true, force: true });
});

const password = 'a long password of an admin';
const ofAnybody = (name: string): Promise<Session> => api.must(identity.register, { email: `${name}@mela.example`, password, name });
const signIn = (email: string): Promise<Session> => api.must(identity.signIn, { email, password });

async function run(words: string, stdin = ''): Promise<Record<string, unknown>> {
  const terminal = new PaperTerminal({}, [], stdin);
  await mela([...words.split(' '), '--json', '--data', data], terminal);
  return JSON.parse(terminal.stdout) as Record<string, unknown>;
}

it('the operator makes the first super-admin, who makes others, who may ask what became of an event; nobody else may', async () => {
  expect(await run('admin create --email mira@mela.example --password-stdin', password)).toMatchObject({ email: 'mira@mela.example', role: 'super_admin' });
  expect(await run('admin create --email mira@mela.example --password-stdin', password)).toMatchObject({ code: 'identity.email_taken' });
  expect(await run('admin appoint --email nobody@mela.example --role admin')).toMatchObject({ code: 'identity.person_unknown' });
  expect(await run('admin appoint --email mira@mela.example --role member')).toMatchObject({ code: 'identity.last_super_admin' });
  expect(await run('admin reset-second-factor --email mira@mela.example --reason lost')).toMatchObject({ code: 'identity.second_factor_off' });

  const [mira, tara] = [await signIn('mira@mela.example'), await ofAnybody('tara')];
  const runners = await api.must(communities.create, { name: 'Runners' }, { token: tara.accessToken });
  const screen = await Ear.connect(ready.realtime, tara.accessToken);
  await screen.listen(topic.community(runners.id));
  const post = await api.must(communities.createPost, { communityId: runners.id, body: 'At six' }, { token: tara.accessToken });
  const heard = await screen.hears(({ d }) => d['postId'] === post.id);
  const question = { personId: tara.person.id, eventId: heard!.id };

  expect(await api.ask(realtime.explain, question, { token: tara.accessToken })).toMatchObject({ status: 403, code: 'access.denied' });
  expect(await api.ask(realtime.explain, question)).toMatchObject({ status: 401 });
  expect(await api.ask(identity.changeRole, { personId: tara.person.id, role: 'admin' }, { token: tara.accessToken })).toMatchObject({ status: 403 });

  expect(await api.must(identity.changeRole, { personId: tara.person.id, role: 'admin' }, { token: mira.accessToken })).toMatchObject({ role: 'admin' });
  // The token of before does not say so, and is worth nothing any more: on open screens, too.
  await screen.closed;
  const promoted = await signIn(tara.person.email);
  const { gateways, silent } = await api.must(realtime.explain, question, { token: promoted.accessToken });
  expect([gateways.length, silent]).toEqual([1, []]);
  expect(gateways[0]!.findings).toContainEqual(expect.objectContaining({ verdict: 'delivered', topic: topic.community(runners.id) }));
  expect(isRefusal(await api.ask(identity.changeRole, { personId: mira.person.id, role: 'member' }, { token: promoted.accessToken }))).toBe(true);
}, 60_000);

it('the operator takes the audit log away, a line for each entry, and leaves a note of that', async () => {
  const exported = async (words = ''): Promise<AuditEntry[]> => {
    const terminal = new PaperTerminal();
    await mela([...`audit export ${words}`.trim().split(' '), '--data', data], terminal);
    return terminal.stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line) as AuditEntry);
  };
  const { person } = await ofAnybody('nora');
  for (let n = 0; n < 3; n++) await signIn(person.email);
  const entries = await exported();
  expect(entries.filter(({ about }) => about === person.id).map(({ what }) => what)).toEqual(['signed_in', 'signed_in', 'signed_in', 'signed_in', 'registered']);
  expect((await exported('--from 2020-01-01'))[0]).toMatchObject({ what: 'audit_exported', who: null, details: { from: null, to: null } });
  expect(await exported('--to 2020-01-01')).toEqual([]);
  expect(await exported('--from yesterday-ish')).toEqual([]);
}, 60_000);
