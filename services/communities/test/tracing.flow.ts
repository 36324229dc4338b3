import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { communities, PostCreated, topic } from '@mela/contracts';
import { openWorld, sendOperation } from '@mela/testkit';
import { afterEach, expect, it, vi } from 'vitest';

const world = openWorld();
afterEach(() => world.rest());

const MELA = join(import.meta.dirname, '../../../cli/bin/mela.mjs');

interface Step {
  step: string;
  name: string;
  id: string;
  parent?: string;
  service: string;
  pid: number;
}

async function traced(id: string): Promise<Step[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [MELA, 'trace', id, '--json', '--data', world.addresses.data]);
  return (JSON.parse(stdout) as { steps: Step[] }).steps;
}

it('`mela trace` tells of a post from the request to the screens, however many processes it went through', async () => {
  const asha = await world.someone('Asha');
  const runners = await asha.asks(communities.create, { name: 'Cubbon Park Runners' });
  const screen = await asha.listens(topic.community(runners.id));
  const response = await sendOperation(world.addresses.api, communities.createPost, { communityId: runners.id, body: 'Six o’clock at the east gate' }, { token: asha.token });
  const post = (await response.json()) as { id: string };
  await expect(screen).toHear(PostCreated, { postId: post.id });

  const id = response.headers.get('trace-id')!;
  const steps = await vi.waitUntil(async () => {
    const found = await traced(id).catch(() => []);
    return ['request', 'published', 'frames'].every((step) => found.some((one) => one.step === step)) && found;
  }, { timeout: 45_000, interval: 100 });

  const only = (step: string, name: string | RegExp) => steps.find((one) => one.step === step && (typeof name === 'string' ? one.name === name : name.test(one.name)))!;
  const request = only('request', 'POST /api/v1/communities/:communityId/posts');
  const asks = only('asks', 'svc.communities.createPost');
  const serves = only('serves', 'communities.createPost');
  const event = only('event', 'post.created');
  expect([request.parent, asks.parent, serves.parent, event.parent]).toEqual([undefined, request.id, asks.id, serves.id]);
  expect(steps.filter(({ step, parent }) => step === 'sql' && parent === serves.id).map(({ name }) => name)).toEqual(expect.arrayContaining(['BEGIN', 'INSERT', 'COMMIT']));
  expect(only('published', /^evt\.post\.created\.\d+$/)).toMatchObject({ parent: event.id, service: 'communities' });
  expect(only('frames', 'post.created')).toMatchObject({ parent: event.id, service: 'realtime' });
}, 60_000);
