import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fact, Hears } from '@mela/bus';
import { busEnvironment, databaseSetting, defineService, runTargets, type RunningProcess, type Tx } from '@mela/chassis';
import { communities, identity, PostCreated, service, topic, type EventOf, type Post } from '@mela/contracts';
import { openPart, type OpenPart } from '@mela/infra';
import { Ear, sendOperation } from '@mela/testkit/clients';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Api } from '../src/api.ts';
import { readEnv } from '../src/env-file.ts';
import { developmentFile } from '../src/environment.ts';
import { allTargets, mela, prepareSchemas, usersOf } from '../src/index.ts';
import { PaperTerminal } from './paper-terminal.ts';
import { Started } from './started.ts';

@Hears(PostCreated, { as: 'diary.post-created' })
class OnPostCreated {
  handle({ data }: EventOf<typeof PostCreated>, tx: Tx): Promise<unknown> {
    return tx.query('INSERT INTO entry (post_id) VALUES ($1)', [data.postId]);
  }
}

/** A service that hears of posts, in a process of its own: this one. */
const diary = defineService({
  hosts: service('diary', {}),
  entities: [],
  migrations: [{ name: '0001-diary', statements: ['CREATE TABLE entry (post_id uuid PRIMARY KEY)'] }],
  apis: [],
  reactions: [OnPostCreated],
  providers: [OnPostCreated],
});

let data: string;
let nats: OpenPart;
let up: Started;
let api: string;
let realtime: string;
let listening: RunningProcess;
let ear: Ear | undefined;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'mela-trace-'));
  // What `up` starts has no user for a service that it does not know.
  nats = await openPart('nats', { dataDir: join(data, 'bus'), env: {}, throwaway: true, natsUsers: usersOf([...allTargets, diary]) });
  const bus = busEnvironment(nats.url, nats.passwords);
  up = Started.mela(`up --json --no-seed --data ${data}`, bus);
  ({ api, realtime } = await up.json());
  const environment = readEnv(await readFile(join(data, developmentFile), 'utf8'));
  const [schema] = await prepareSchemas({ services: [diary], environment, adminUrl: environment['DATABASE_ADMIN_URL'], passwords: { DIARY_DATABASE_PASSWORD: 'of tests' } });
  listening = await runTargets([diary], { ...environment, ...bus, [databaseSetting('diary')]: schema!.url, LOG_LEVEL: 'silent', OPS_PORT: '0' });
}, 120_000);

afterAll(async () => {
  ear?.close();
  await listening?.stop();
  await up?.end();
  await nats?.stop();
  await rm(data, { recursive: true, force: true });
});

interface Told {
  processes: number[];
  faults: number;
  steps: { step: string; name: string; id: string; parent?: string; service: string; pid: number; depth: number; facts: Record<string, unknown> }[];
}

async function trace(...args: string[]): Promise<PaperTerminal> {
  const terminal = new PaperTerminal();
  await mela(['trace', ...args, '--data', data], terminal);
  return terminal;
}
const told = async (id: string): Promise<Told> => JSON.parse((await trace(id, '--json')).stdout) as Told;

it('a post is one timeline: request, subject, statements, event, publication, consumer and frames', async () => {
  const asking = new Api(api);
  const { accessToken: token } = await asking.must(identity.register, { email: 'mira@mela.example', password: 'a-long-password', name: 'Mira' });
  const runners = await asking.must(communities.create, { name: 'Cubbon Park Runners' }, { token });
  ear = await Ear.connect(realtime, token);
  await ear.listen(topic.community(runners.id));
  const response = await sendOperation(api, communities.createPost, { communityId: runners.id, body: 'Tell mira@mela.example about the kettle' }, { token });
  const post = (await response.json()) as Post;
  const heard = await ear.hears(({ d }) => d['postId'] === post.id);

  const id = response.headers.get('trace-id')!;
  const { processes, faults, steps } = await vi.waitUntil(async () => {
    const found = await told(id);
    return ['consumes', 'frames', 'published'].every((step) => found.steps?.some((one) => one.step === step)) && found;
  }, { timeout: 15_000, interval: 50 });
  expect(faults).toBe(0);
  expect(processes.toSorted()).toEqual([...new Set(steps.map(({ pid }) => pid))].toSorted());
  expect(processes).toHaveLength(2);

  const tree = steps.filter(({ step }) => step !== 'sql').map(({ step, name, depth, service: of }) => `${'  '.repeat(depth)}${step} ${name.replace(/\d+$/, 'N')} (${of})`);
  expect(tree.slice(0, 4)).toEqual([
    'request POST /api/v1/communities/:communityId/posts (api)',
    '  asks svc.communities.createPost (api)',
    '    serves communities.createPost (communities)',
    '      event post.created (communities)',
  ]);
  // Side by side, in whatever order they came.
  expect(tree.slice(4).toSorted()).toEqual([
    '        consumes diary.post-created (diary)',
    '        frames post.created (realtime)',
    '        published evt.post.created.N (communities)',
  ]);

  const consumes = steps.find(({ step }) => step === 'consumes')!;
  expect(consumes).toMatchObject({ name: 'diary.post-created', pid: process.pid, facts: { [fact.event]: heard!.id } });
  expect(steps.filter(({ parent }) => parent === consumes.id)).toMatchObject([{ step: 'sql', facts: { [fact.statement]: 'INSERT INTO entry (post_id) VALUES ($1)' } }]);
  expect(steps.find(({ step }) => step === 'frames')).toMatchObject({ facts: { [fact.topics]: [`community:${runners.id}`], [fact.listeners]: 1, [fact.event]: heard!.id } });
  for (const word of ['mira', 'kettle', token]) expect(JSON.stringify(steps)).not.toContain(word);

  expect(await told(heard!.id)).toEqual(await told(id));
  expect((await trace(id.slice(0, 12))).stdout).toMatch(/request {2}POST .* → 200\n[\s\S]*sql {2}COMMIT\n/);
  expect((await trace()).stdout).toContain(`${id}  `);
});
