import { spawnSync } from 'node:child_process';
import { MemberJoined, PostCreated, type EventOf } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { Hears, hearingOf } from './hears.ts';

describe('a reaction', () => {
  it('says what it hears, as whom, and what becomes of poison', () => {
    @Hears([PostCreated, MemberJoined], { as: 'insights.activity', poison: 'stop' })
    class Activity {
      handle(_event: EventOf<typeof PostCreated | typeof MemberJoined>): void {}
    }
    expect(hearingOf(Activity)).toEqual({ as: 'insights.activity', events: [PostCreated, MemberJoined], poison: 'stop' });
  });

  it('is not inherited: two classes of one name would be one consumer', () => {
    @Hears(PostCreated, { as: 'insights.posts' })
    class Posts {
      handle(): void {}
    }
    class Others extends Posts {}
    expect(hearingOf(Others)).toBeUndefined();
  });

  it.each(['posts', 'insights.Posts', 'insights.posts.more', 'insights.posts_more', 'insights.-posts', 'insights.', ''])('is not called "%s"', (as) => {
    expect(() => Hears(PostCreated, { as })).toThrow('not a consumer');
  });

  it('hears something, and nothing twice', () => {
    expect(() => Hears([], { as: 'insights.nothing' })).toThrow('hears no event');
    expect(() => Hears([PostCreated, PostCreated], { as: 'insights.twice' })).toThrow('post.created twice');
  });

  it('does not compile when it takes another event', () => {
    // Each wrong one in there is marked as an expected error: one that compiled would be reported.
    const { status, stdout } = spawnSync(new URL('../../../../node_modules/.bin/tsc', import.meta.url).pathname, ['--noEmit', '-p', new URL('../../test/hears-types/tsconfig.json', import.meta.url).pathname], { encoding: 'utf8' });
    expect(stdout).toBe('');
    expect(status).toBe(0);
  }, 60_000);
});
