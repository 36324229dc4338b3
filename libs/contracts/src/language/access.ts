/** Roles inside a community, weakest first: a rule names the weakest role that suffices. */
export const communityRoles = ['member', 'moderator', 'admin', 'owner'] as const;
export type CommunityRole = (typeof communityRoles)[number];

/** Roles on the platform, weakest first. They say nothing of any community. */
export const platformRoles = ['member', 'admin', 'super_admin'] as const;
export type PlatformRole = (typeof platformRoles)[number];

export type Access =
  | { readonly rule: 'anyone' }
  | { readonly rule: 'person' }
  | { readonly rule: 'platform'; readonly atLeast: PlatformRole }
  | { readonly rule: 'member'; readonly of: string; readonly atLeast: CommunityRole }
  | { readonly rule: 'service' };

/** No token needed; one that is sent is still verified. */
export const anyone = { rule: 'anyone' } as const satisfies Access;

/** Whoever is signed in. */
export const person = { rule: 'person' } as const satisfies Access;

/** Whoever looks after the platform, in this role or a stronger one. */
export const platform = <const Role extends PlatformRole>(atLeast: Role) => ({ rule: 'platform', atLeast }) as const satisfies Access;

/** A member of the community named by the input's field `of`, with at least this role. */
export const member = <const Of extends string>(of: Of, atLeast: CommunityRole = 'member') =>
  ({ rule: 'member', of, atLeast }) as const satisfies Access;

/**
 * Other services, in nobody's name: such an operation has no route, and a question that carries a person's token is refused.
 * That a service asks is proved by the message bus: each has credentials of its own, and the server takes a question from
 * those alone whose manifest names the operation.
 */
export const services = { rule: 'service' } as const satisfies Access;

export const reaches = (role: CommunityRole, atLeast: CommunityRole): boolean =>
  communityRoles.indexOf(role) >= communityRoles.indexOf(atLeast);

export const reachesOnPlatform = (role: PlatformRole, atLeast: PlatformRole): boolean =>
  platformRoles.indexOf(role) >= platformRoles.indexOf(atLeast);
