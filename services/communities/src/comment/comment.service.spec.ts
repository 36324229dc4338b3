import { encodeKeyset, type Rows } from '@mela/chassis';
import { BadCursor, id, isRefusal, PostNotFound, type Comment } from '@mela/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { communitiesOn, openCommunitiesDatabase, somebody } from '../../test/communities.fixture.ts';
import type { ServiceDatabase } from '@mela/testkit';
import { CommentStore } from './comment.store.ts';

let database: ServiceDatabase;
let { communities, posts, comments } = {} as ReturnType<typeof communitiesOn>;
beforeAll(async () => {
  database = await openCommunitiesDatabase();
  ({ communities, posts, comments } = communitiesOn(database.db));
});
afterAll(() => database?.close());

const asha = somebody();

interface Place {
  readonly communityId: string;
  readonly postId: string;
}

async function post(): Promise<Place> {
  const { id: communityId } = await communities.create(asha, { name: 'Runners' });
  return { communityId, postId: (await posts.create(asha, { communityId, body: 'Sunday at six' })).id };
}
async function write(place: Place, ...bodies: readonly string[]): Promise<Comment[]> {
  const written: Comment[] = [];
  for (const body of bodies) {
    const outcome = await comments.create(asha, { ...place, body });
    if (isRefusal(outcome)) throw new Error(outcome.code);
    written.push(outcome);
  }
  return written;
}
const page = async (place: Place, limit: number, after: string | null = null) => {
  const outcome = await comments.list({ ...place, limit, ...(after === null ? {} : { after }) });
  if (isRefusal(outcome)) throw new Error(outcome.code);
  return { bodies: outcome.items.map(({ body }) => body), next: outcome.next, items: outcome.items };
};

describe('a comment', () => {
  it('is stored, and said with ids alone', async () => {
    const place = await post();
    const [comment] = await write(place, 'Count me in');
    expect(comment).toEqual({ id: expect.any(String), ...place, authorId: asha.personId, body: 'Count me in', createdAt: expect.any(String) });
    expect((await database.events()).at(-1)).toEqual({
      type: 'comment.created', aggregate: comment!.id, version: 1, data: { commentId: comment!.id, ...place, authorId: asha.personId },
    });
    expect((await page(place, 20)).items).toEqual([comment]);
  });

  it('needs a post of that community: another’s is refused like one that is not there', async () => {
    const [runners, chess] = [await post(), await post()];
    const before = await database.events();
    for (const place of [{ ...runners, postId: chess.postId }, { ...runners, postId: id(404) }]) {
      expect(await comments.create(asha, { ...place, body: 'Hello' })).toEqual(PostNotFound());
      expect(await comments.list({ ...place, limit: 20 })).toEqual(PostNotFound());
    }
    expect(await database.events()).toEqual(before);
  });
});

describe('the comments on a post', () => {
  it('are an empty list at first', async () => {
    expect(await page(await post(), 20)).toMatchObject({ bodies: [], next: null });
  });

  it('come oldest first, page by page, to the last', async () => {
    const place = await post();
    await write(place, '1', '2', '3', '4', '5');
    const first = await page(place, 2);
    const second = await page(place, 2, first.next);
    const third = await page(place, 2, second.next);
    expect([first.bodies, second.bodies, third.bodies]).toEqual([['1', '2'], ['3', '4'], ['5']]);
    expect(third.next).toBeNull();
    expect((await page(place, 5)).next).toBeNull();
  });

  it('are those of that post alone', async () => {
    const [one, other] = [await post(), await post()];
    await write(one, 'run');
    await write(other, 'mate');
    expect((await page(one, 20)).bodies).toEqual(['run']);
  });

  it('go on with what is written while somebody pages', async () => {
    const place = await post();
    await write(place, '1', '2', '3');
    const first = await page(place, 2);
    await write(place, '4');
    expect((await page(place, 2, first.next)).bodies).toEqual(['3', '4']);
  });

  it('are told apart to the microsecond, and by id within one', async () => {
    const place = await post();
    const within = ['2026-03-01T10:00:00.123456Z', '2026-03-01T10:00:00.123457Z', '2026-03-01T10:00:00.123457Z', '2026-03-01T10:00:00.123999Z'];
    for (const [n, at] of within.entries())
      await database.db.query('INSERT INTO comment (id, post_id, community_id, author_id, body, created_at) VALUES ($1, $2, $3, $4, $5, $6::timestamptz)', [
        place.postId.slice(0, -1) + n.toString(16), place.postId, place.communityId, asha.personId, String(n + 1), at,
      ]);
    const bodies: string[] = [];
    for (let next: string | null = '', cursor: string | null = null; next !== null; cursor = next) {
      const one = await page(place, 1, cursor);
      bodies.push(...one.bodies);
      next = one.next;
    }
    expect(bodies).toEqual(['1', '2', '3', '4']);
  });

  it('are not listed from a cursor that is none of ours', async () => {
    const place = await post();
    for (const after of ['x', '', 'bm9uc2Vuc2U', encodeKeyset(['yesterday', id(1)]), encodeKeyset(['2026-01-01T00:00:00.000000Z', "'; --"])])
      expect(await comments.list({ ...place, limit: 20, after }), after).toEqual(BadCursor());
  });

  it('are read along their index: a page costs the same, however many there are', async () => {
    const place = await post();
    await database.db.query(
      `INSERT INTO comment (id, post_id, community_id, author_id, body, created_at)
       SELECT gen_random_uuid(), $1, $2, $3, 'Lap ' || n, now() + n * interval '1 minute' FROM generate_series(1, 2000) n`,
      [place.postId, place.communityId, asha.personId],
    );
    await database.db.query('ANALYZE comment');
    const explaining: Rows = {
      manager: database.db.manager,
      query: (statement, parameters) => database.db.query(`EXPLAIN ${statement}`, parameters),
    };
    const plan = JSON.stringify(await new CommentStore(explaining).oldestOf(place.postId, undefined, 21));
    expect(plan).toContain('Index Scan using comment_oldest');
    expect(plan).not.toMatch(/Sort|Seq Scan/);
  });
});
