/** What hashing costs: OWASP's second choice for argon2id. Raise it here; stored hashes follow as people sign in. */
export const COST = { memoryKiB: 19_456, passes: 2, lanes: 1 } as const;

export interface Cost {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly lanes: number;
}

export interface PasswordHash {
  readonly cost: Cost;
  readonly salt: Buffer;
  readonly digest: Buffer;
}

const bare = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

const grammar = /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,4}),p=(\d{1,3})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** The PHC string, which carries its own parameters. */
export const formatHash = ({ cost, salt, digest }: PasswordHash): string =>
  `$argon2id$v=19$m=${cost.memoryKiB},t=${cost.passes},p=${cost.lanes}$${bare(salt)}$${bare(digest)}`;

export function parseHash(text: string): PasswordHash {
  const [, memoryKiB, passes, lanes, salt, digest] = grammar.exec(text) ?? [];
  if (salt === undefined || digest === undefined) throw new Error('A stored password hash is not an argon2id PHC string');
  return {
    cost: { memoryKiB: Number(memoryKiB), passes: Number(passes), lanes: Number(lanes) },
    salt: Buffer.from(salt, 'base64'),
    digest: Buffer.from(digest, 'base64'),
  };
}

/** Hashed at another cost than today's: to be hashed anew when the password is next at hand. */
export const isOutdated = ({ cost }: PasswordHash): boolean =>
  cost.memoryKiB !== COST.memoryKiB || cost.passes !== COST.passes || cost.lanes !== COST.lanes;

/** One password, however it was typed: a keyboard that composes ä and one that does not mean the same. */
export const normalised = (password: string): string => password.normalize('NFKC');

/** Stands in for the hash of an address that nobody has, so that looking for one takes the same work. No password has it. */
export const nobodysHash: PasswordHash = { cost: COST, salt: Buffer.alloc(16), digest: Buffer.alloc(32) };
