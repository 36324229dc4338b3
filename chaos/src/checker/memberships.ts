import { parseTopic, topic } from '@mela/contracts';
import type { Evidence } from '@mela/testkit/chaos';

/** As the aggregate is called. */
export const pairOf = (communityId: string, personId: string): string => `${communityId}:${personId}`;

/** The community whose members may hear a topic; undefined where it is no matter of membership. */
export type CommunityOf = (topic: string) => string | undefined;

export function communitiesOf(services: Evidence['services']): CommunityOf {
  const posts = new Map(services['communities']?.rows['post']?.map((row) => [String(row['id']), String(row['communityId'])]));
  return (name) => {
    const { kind, key = '' } = parseTopic(name) ?? {};
    if (kind === topic.community.kind) return key;
    return kind === topic.post.kind ? posts.get(key) : undefined;
  };
}
