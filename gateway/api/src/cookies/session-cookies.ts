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

  /** Whoever leaves when their access token is over is known by this one: otherwise they would stay signed in, with cookies that no page can take away. */
  leavingToken({ session }: Operation, request: FastifyRequest): string | undefined {
    return session === 'ends' ? this.heldBy(request)?.[REFRESH] : undefined;
  }

  /** A page cannot send the refresh token that it cannot read: it is put into the body for it. */
  bodyOf(operation: Operation, request: FastifyRequest): Uint8Array | undefined {
    const refreshToken = operation.session === 'renews' ? this.heldBy(request)?.[REFRESH] : undefined;
    return refreshToken === undefined ? undefined : Buffer.from(JSON.stringify({ refreshToken }));
  }

  /** What is left of the answer for the page, once its tokens are in cookies. */
  keep(operation: Operation, request: FastifyRequest, reply: FastifyReply, answer: Reply): Reply {
    this.forget(operation, request, reply, answer.status);
    const { session } = operation;
    if (answer.status !== 200 || session === undefined || session === 'ends' || !this.isWanted(request)) return answer;
    const { accessToken: _access, refreshToken: _refresh, ...rest } = this.hold(reply, JSON.parse(Buffer.from(answer.body).toString()));
    return { ...answer, body: Buffer.from(JSON.stringify(rest)) };
  }

  /** Whatever the answer says of who asked: where the session is over, its cookies are. */
  forget({ session }: Operation, request: FastifyRequest, reply: FastifyReply, status: number): void {
    const isOver = session === 'ends' ? status === 200 || status === 401 : session === 'renews' && status === 401;
    if (!isOver || !this.isWanted(request)) return;
    reply.removeHeader('set-cookie');
    for (const name of [ACCESS, REFRESH]) this.set(reply, name, '', 0);
  }

  hold(reply: FastifyReply, session: unknown): z.output<typeof Tokens> {
    const tokens = Tokens.parse(session);
    this.set(reply, ACCESS, tokens.accessToken, Math.max(0, Math.floor((Date.parse(tokens.expiresAt) - Date.now()) / 1000)));
    this.set(reply, REFRESH, tokens.refreshToken, KEPT_SECONDS);
    return tokens;
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
