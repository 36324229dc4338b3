import { communities, topic, type Right } from '@mela/contracts';
import type { Asked, Grant, Rows } from '@mela/testkit/chaos';

const right = (communityId: unknown, userId: unknown): Right => ({ personId: String(userId), scope: topic.community(String(communityId)) });

/** Members hear their community and what is said of its posts: both rest on the membership, whose row stays when it ends. */
const membership: Pick<Grant, 'holders' | 'by'> = {
  holders: ({ membership: rows }) => rows!.map(({ communityId, userId }) => right(communityId, userId)),
  by: {
    [communities.create.id]: ({ input, outcome, personId }, { personId: person, scope }, rows) =>
      personId === person && topic.community(outcome.kind === 'answered' ? (outcome.body as { id: string }).id : named(input, rows)) === scope,
    [communities.join.id]: ({ input, personId }, { personId: person, scope }) => personId === person && topic.community(String(input['communityId'])) === scope,
  },
};

/** Whoever was not answered knows what they founded by its name: each is given once. */
const named = ({ name }: Asked['input'], { community }: Rows): string => String(community!.find((row) => row['name'] === name)?.['id']);

export const grants: Readonly<Record<string, Grant>> = {
  [topic.community.kind]: { ...membership, scopes: () => topic.community },
  [topic.post.kind]: {
    ...membership,
    scopes: ({ post }) => {
      const scopes = new Map(post!.map(({ id, communityId }) => [String(id), topic.community(String(communityId))]));
      return (postId) => scopes.get(postId);
    },
  },
};
