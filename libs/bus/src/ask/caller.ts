import type { Operation, PlatformRole } from '@mela/contracts';
import type { Context } from '../context.ts';

/** Who asks: taken from a verified access token, never from a header of its own. */
export interface Caller {
  readonly personId: string;
  readonly sessionId: string;
  /** On the platform, as it was when the token was given. */
  readonly role: PlatformRole;
  /** Who looks through this person's eyes, where it is somebody else: an admin, who is known to be there. */
  readonly actor?: string;
  /** The API key that was shown, where it is a program that asks in the person’s name: it may do what its scopes name, and nothing else. */
  readonly key?: { readonly id: string; readonly scopes: readonly string[] };
}

/** What a context says of a caller: every line that is written meanwhile tells it. */
export const acting = ({ personId, actor, key }: Pick<Caller, 'personId' | 'actor' | 'key'>): Pick<Context, 'actor' | 'impersonator' | 'apiKey'> => ({
  actor: personId, ...(actor === undefined ? {} : { impersonator: actor }), ...(key === undefined ? {} : { apiKey: key.id }),
});

export type CallerOf<Op extends Operation> = Op['access'] extends { rule: 'anyone' }
  ? Caller | undefined
  : Op['access'] extends { rule: 'service' }
    ? undefined
    : Caller;
