import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { repository } from './scratch-workspace.fixture.ts';
import { newEvent, newOperation, newReaction, newService } from './index.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'mela-new-'));
  for (const path of ['libs/contracts/src', 'services/communities/src', 'services/communities/package.json'])
    await cp(join(repository, path), join(root, path), { recursive: true });
});

afterEach(() => rm(root, { recursive: true }));

const everything = async (): Promise<string> => {
  const paths = (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const texts = await Promise.all(paths.map(async (entry) => `${entry.name}\n${await readFile(join(entry.parentPath, entry.name), 'utf8')}`));
  return texts.toSorted().join('\n');
};

describe('the generator refuses, and leaves every file as it was:', () => {
  it.each<[string, () => Promise<unknown>, string]>([
    ['a service that is there', () => newService(root, 'communities'), 'is there already'],
    ['a service whose noun is another’s', () => newService(root, 'posts'), 'communities says already what happens to a post'],
    ['a service whose places it does not find', () => newService(root, 'notices'), 'is missing'],
    ['an event that is declared', () => newEvent(root, 'communities', 'post.created'), 'declared already'],
    ['an event of no service', () => newEvent(root, 'nobody', 'post.moved'), 'is missing'],
    ['an operation that is declared', () => newOperation(root, 'communities', 'membership/join'), 'declared already'],
    ['an operation without saying which part of a service it is about', () => newOperation(root, 'communities', 'pin'), 'Which part of communities is it about: comment, community, membership, post?'],
    ['an operation of a part that is not there', () => newOperation(root, 'communities', 'page/pin'), 'Which part'],
    ['an operation of no service', () => newOperation(root, 'nobody', 'pin'), 'no service nobody'],
  ])('%s', async (_what, attempt, fault) => {
    const before = await everything();
    await expect(attempt()).rejects.toThrow(fault);
    expect(await everything()).toBe(before);
  });

  it('a second reaction to one event', async () => {
    await newReaction(root, 'communities', 'user.registered');
    const before = await everything();
    await expect(newReaction(root, 'communities', 'user.registered')).rejects.toThrow('is there already');
    expect(await everything()).toBe(before);
  });
});
