import { encodeKeyset, type Rows } from '@mela/chassis';
import { BadCursor, id, isRefusal, MayNotHear, type Membership, type Post } from '@mela/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { communitiesOn, openCommunitiesDatabase, somebody } from '../../test/communities.fixture.ts';
import type { ServiceDatabase } from '@mela/testkit';
import { PostStore } from './post.store.ts';

let database: ServiceDatabase;
let { communities, memberships, posts } = {} as ReturnType<typeof communitiesOn>;
beforeAll(async () => {
  database = await openCommunitiesDatabase();
  ({ communities, memberships, posts } = communitiesOn(database.db));
});
afterAll(() => database?.close());

const asha = somebody();
const community = async (): Promise<string> => (await communities.create(asha, { name: 'Runners' })).id;
const write = (communityId: string, body: string): Promise<Post> => posts.create(asha, { communityId, body });
const writeAll = async (communityId: string, bodies: readonly string[]): Promise<void> => {
  for (const body of bodies) await write(communityId, body);
};
const page = async (communityId: string, limit: number, after: string | null = null) => {
  const outcome = await posts.list({ communityId, limit, ...(after === null ? {} : { after }) });
  if (isRefusal(outcome)) throw new Error(outcome.code);
  return { bodies: outcome.items.map(({ body }) => body), next: outcome.next, items: outcome.items };
};

describe('a post', () => {
  it('is stored, and said with ids alone', async () => {
    const communityId = await community();
    const post = await write(communityId, 'Sunday at six');
    expect(post).toEqual({ id: expect.any(String), communityId, authorId: asha.personId, body: 'Sunday at six', createdAt: expect.any(String) });
    expect((await database.events()).at(-1)).toEqual({
      type: 'post.created', aggregate: post.id, version: 1, data: { postId: post.id, communityId, authorId: asha.personId },
    });
    expect((await page(communityId, 20)).items).toEqual([post]);
  });
});

describe('the posts of a community', () => {
  it('are an empty list at first', async () => {
    expect(await page(await community(), 20)).toMatchObject({ bodies: [], next: null });
  });

  it('come newest first, page by page, to the last', async () => {
    const communityId = await community();
    await writeAll(communityId, ['1', '2', '3', '4', '5']);
    const first = await page(communityId, 2);
    const second = await page(communityId, 2, first.next);
    const third = await page(communityId, 2, second.next);
    expect([first.bodies, second.bodies, third.bodies]).toEqual([['5', '4'], ['3', '2'], ['1']]);
    expect(third.next).toBeNull();
  });

  it('have no further page when the last one is exactly full', async () => {
    const communityId = await community();
    await writeAll(communityId, ['1', '2']);
    expect((await page(communityId, 2)).next).toBeNull();
  });

  it('are those of that community alone', async () => {
    const [runners, chess] = [await community(), await community()];
    await write(runners, 'run');
    await write(chess, 'mate');
    expect((await page(runners, 20)).bodies).toEqual(['run']);
  });

  it('neither repeat nor go missing while others are written', async () => {
    const communityId = await community();
    await writeAll(communityId, ['1', '2', '3', '4']);
    const first = await page(communityId, 2);
    await writeAll(communityId, ['5', '6']);
    expect((await page(communityId, 2, first.next)).bodies).toEqual(['2', '1']);
  });

  it('are told apart to the microsecond, and by id within one', async () => {
    const communityId = await community();
    const within = ['2026-03-01T10:00:00.123456Z', '2026-03-01T10:00:00.123457Z', '2026-03-01T10:00:00.123457Z', '2026-03-01T10:00:00.123999Z'];
    for (const [n, at] of within.entries())
      await database.db.query('INSERT INTO post (id, community_id, author_id, body, created_at) VALUES ($1, $2, $3, $4, $5::timestamptz)', [
        communityId.slice(0, -1) + n.toString(16), communityId, asha.personId, String(n + 1), at,
      ]);
    const bodies: string[] = [];
    for (let next: string | null = '', cursor: string | null = null; next !== null; cursor = next) {
      const one = await page(communityId, 1, cursor);
      bodies.push(...one.bodies);
      next = one.next;
    }
    expect(bodies).toEqual(['4', '3', '2', '1']);
  });

  it('are not listed from a cursor that is none of ours', async () => {
    const communityId = await community();
    await write(communityId, 'here');
    const forged = ['x', '', 'bm9uc2Vuc2U', encodeKeyset(['yesterday', id(1)]), encodeKeyset(['0000-01-01T00:00:00.000000Z', id(1)]), encodeKeyset(['2026-01-01T00:00:00.000000Z', "'; --"])];
    for (const after of forged) expect(await posts.list({ communityId, limit: 20, after }), after).toEqual(BadCursor());
  });

  it('are read along their index: a page costs the same, however many there are', async () => {
    const communityId = await community();
    await database.db.query(
      `INSERT INTO post (id, community_id, author_id, body, created_at)
       SELECT gen_random_uuid(), $1, $2, 'Lap ' || n, now() - n * interval '1 minute' FROM generate_series(1, 2000) n`,
      [communityId, asha.personId],
    );
    await database.db.query('ANALYZE post');
    const explaining: Rows = {
      manager: database.db.manager,
      query: (statement, parameters) => database.db.query(`EXPLAIN ${statement}`, parameters),
    };
    const plan = JSON.stringify(await new PostStore(explaining).newestOf(communityId, undefined, 21));
    expect(plan).toContain('Index Scan using post_newest');
    expect(plan).not.toMatch(/Sort|Seq Scan/);
  });
});

describe('hearing a post', () => {
  it('is for the members of its community, on that scope, since they joined', async () => {
    const [communityId, ravi] = [await community(), somebody()];
    const post = await write(communityId, 'Sunday at six');
    const { joinedAt } = (await memberships.join(ravi, communityId)) as Membership;
    expect(await posts.hearing(ravi, `post:${post.id}`)).toEqual({ topic: `post:${post.id}`, scope: `community:${communityId}`, since: joinedAt });

    await memberships.leave(ravi, communityId);
    expect(await posts.hearing(ravi, `post:${post.id}`)).toEqual(MayNotHear());
  });

  it('is refused to strangers in the same words as one that is not there, or is no post', async () => {
    const [runners, chess] = [await community(), await community()];
    const ravi = somebody();
    await memberships.join(ravi, chess);
    const { id: postId } = await write(runners, 'Sunday at six');
    for (const name of [`post:${postId}`, `post:${id(404)}`, 'post:42', `post:${id(10).toUpperCase()}`, `community:${runners}`, 'nonsense'])
      expect(await posts.hearing(ravi, name), name).toEqual(MayNotHear());
  });
});
