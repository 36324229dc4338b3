import type { Rows } from '@mela/testkit/chaos';

/** How often somebody has come and gone. They do so in turn, each turn is a version, and the row stays. */
export function turnsOf(communityId: unknown, userId: unknown, { membership = [] }: Rows): { readonly joined: number; readonly left: number } {
  const version = Number(membership.find((row) => row['communityId'] === communityId && row['userId'] === userId)?.['version'] ?? 0);
  return { joined: Math.ceil(version / 2), left: Math.floor(version / 2) };
}
