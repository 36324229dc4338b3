import type { Reply } from '@mela/bus';
import type { Operation } from '@mela/contracts';
import { parseCookie, stringifySetCookie } from 'cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';

/** What a page sends that wants its session in cookies. A page of another site may not send it unless it was asked and allowed before. */
export const SESSION_HEADER = 'mela-session';
const IN_COOKIES = 'cookie';

// The prefix makes browsers insist on TLS, the whole host and nobody else's: not even a sister domain can plant one.
const ACCESS = '__Host-mela-access';
const REFRESH = '__Host-mela-refresh';
/** The longest that a browser keeps anything; the session may end before. */
const KEPT_SECONDS = 400 * 24 * 60 * 60;

const Tokens = z.looseObject({ accessToken: z.string(), refreshToken: z.string(), expiresAt: z.iso.datetime() });

/** A web page's session, where no script can read it: its tokens go into cookies, and come out of them. */
export class SessionCookies {
  private readonly origins: ReadonlySet<string>;

  constructor(origins: readonly string[]) {
    this.origins = new Set(origins);
  }

  /** Where anyone may ask nobody is asked who they are: a cookie that is worth nothing any more shall keep nobody from signing in. */
  accessToken({ access }: Operation, request: FastifyRequest): string | undefined {
    return access.rule === 'anyone' ? undefined : this.heldBy(request)?.[ACCESS];
  }

  /** A page cannot send the refresh token that it cannot read: it is put into the body for it. */
  bodyOf(operation: Operation, request: FastifyRequest): Uint8Array | undefined {
    const refreshToken = operation.session === 'renews' ? this.heldBy(request)?.[REFRESH] : undefined;
    return refreshToken === undefined ? undefined : Buffer.from(JSON.stringify({ refreshToken }));
  }

  /** What is left of the answer for the page, once its tokens are in cookies. */
  keep(operation: Operation, request: FastifyRequest, reply: FastifyReply, answer: Reply): Reply {
    if (operation.session === undefined || !this.isWanted(request)) return answer;
    if (operation.session === 'ends') return answer.status === 200 ? this.clear(reply, answer) : answer;
    if (answer.status === 401 && operation.session === 'renews') return this.clear(reply, answer);
    if (answer.status !== 200) return answer;
    const { accessToken, refreshToken, ...rest } = Tokens.parse(JSON.parse(Buffer.from(answer.body).toString()));
    this.set(reply, ACCESS, accessToken, Math.max(0, Math.floor((Date.parse(rest.expiresAt) - Date.now()) / 1000)));
    this.set(reply, REFRESH, refreshToken, KEPT_SECONDS);
    return { ...answer, body: Buffer.from(JSON.stringify(rest)) };
  }

  private clear(reply: FastifyReply, answer: Reply): Reply {
    for (const name of [ACCESS, REFRESH]) this.set(reply, name, '', 0);
    return answer;
  }

  private set(reply: FastifyReply, name: string, value: string, maxAge: number): void {
    reply.header('set-cookie', stringifySetCookie({ name, value, maxAge, path: '/', secure: true, httpOnly: true, sameSite: 'strict' }));
  }

  private heldBy(request: FastifyRequest): Readonly<Record<string, string | undefined>> | undefined {
    return this.isWanted(request) && request.headers.cookie !== undefined ? parseCookie(request.headers.cookie) : undefined;
  }

  /** A cookie alone is nobody: browsers send it along with whatever any page has them send. */
  private isWanted({ headers, host }: FastifyRequest): boolean {
    if (headers[SESSION_HEADER] !== IN_COOKIES) return false;
    const { origin } = headers;
    return origin === undefined || this.origins.has(origin) || (URL.canParse(origin) && new URL(origin).host === host);
  }
}
