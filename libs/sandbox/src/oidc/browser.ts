import type { AccountDraft } from './accounts.ts';

const MOST_HOPS = 10;

/** What a browser does at the provider, with somebody in front of it: answers where it was sent back to. */
export async function pickAccount(url: URL, answer: AccountDraft | { sub: string } | { deny: 'yes' }): Promise<URL> {
  const cookies = new Map<string, string>();
  const form = new URLSearchParams(Object.entries({ email_verified: 'true', ...answer }).map(([name, value]): [string, string] => [name, String(value)]));
  let next = url;
  let sends: RequestInit = {};
  for (let hop = 0; hop < MOST_HOPS; hop += 1) {
    const response = await fetch(next, { redirect: 'manual', ...sends, headers: { cookie: [...cookies].map((pair) => pair.join('=')).join('; ') } });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      cookies.set(name!, value!);
    }
    const location = response.headers.get('location');
    sends = {};
    if (location !== null) {
      next = new URL(location, next);
      if (next.origin !== url.origin) return next;
    } else if (response.ok) sends = { method: 'POST', body: form };
    else throw new Error(`The provider answered ${response.status}: ${await response.text()}`);
  }
  throw new Error('The provider sent the browser in a circle');
}
