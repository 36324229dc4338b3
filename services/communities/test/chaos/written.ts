import { communities } from '@mela/contracts';
import type { Asked, Entry, Invariant, Violation } from '@mela/testkit/chaos';

const name = 'what was read was written';

interface Read {
  readonly id: string;
  readonly createdAt: string;
}

/** Posts and comments that somebody read are there, and came in the order that their list promises. */
export const neverWritten: Invariant = {
  name,
  judge: ({ history, services }) => {
    const { post = [], comment = [] } = services['communities']!.rows;
    const [posts, comments] = [new Set(post.map(({ id }) => id)), new Map(comment.map(({ id, postId }) => [id, postId]))];
    return [
      ...readingsOf(history, communities.listPosts.id).flatMap(({ asked, items }) => [
        ...missing(asked, items.filter(({ id }) => !posts.has(id))),
        ...disorder(asked, items, (before, after) => before.createdAt >= after.createdAt),
      ]),
      ...readingsOf(history, communities.listComments.id).flatMap(({ asked, items }) => [
        ...missing(asked, items.filter(({ id }) => comments.get(id) !== asked.input['postId'])),
        ...disorder(asked, items, (before, after) => before.createdAt <= after.createdAt),
      ]),
    ];
  },
};

const readingsOf = (history: readonly Entry[], operation: string): { asked: Asked; items: readonly Read[] }[] =>
  history.flatMap((entry) =>
    entry.kind === 'asked' && entry.operation === operation && entry.outcome.kind === 'answered' ? [{ asked: entry, items: (entry.outcome.body as { items: readonly Read[] }).items }] : [],
  );

const missing = ({ who, operation }: Asked, items: readonly Read[]): Violation[] =>
  items.map(({ id }) => ({ invariant: name, what: `${who} read ${id} by ${operation}, which is not there`, about: [id] }));

function disorder({ who, operation }: Asked, items: readonly Read[], inOrder: (before: Read, after: Read) => boolean): Violation[] {
  return items.flatMap((after, place) => {
    const before = items[place - 1];
    return before === undefined || inOrder(before, after) ? [] : [{ invariant: name, what: `${who} read ${after.id} after ${before.id} by ${operation}, and its time says otherwise`, about: [after.id, before.id] }];
  });
}
