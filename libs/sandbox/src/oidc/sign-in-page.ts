import { escaped } from '../mail/mailbox-page.ts';
import type { OutsideAccount } from './accounts.ts';

/** Who is it, and do they agree? Picking or typing an account is the answer to both. */
export const signInPage = (uid: string, client: string, accounts: readonly OutsideAccount[]): string =>
  page(`<h1>Sign in to ${escaped(client)}</h1>
<p>It learns the name and the e-mail address of the account that you pick, and whether the address is shown to be yours.</p>
${accounts.length === 0 ? '' : `<h2>Pick an account</h2><ul>${accounts.map((account) => `<li>${form(uid, pick(account))}</li>`).join('')}</ul>`}
<h2>${accounts.length === 0 ? 'Type an account' : 'Or type another'}</h2>
${form(uid, typing)}
${form(uid, '<button name="deny" value="yes">Do not sign in</button>')}`);

export const homePage = (accounts: readonly OutsideAccount[]): string =>
  page(`<h1>Sign in with the sandbox</h1>
<p>An OpenID provider for development: a page that signs in with it leads here, and anybody may be anybody. <a href="/.well-known/openid-configuration">Its configuration</a></p>
<h2>Accounts</h2>
${accounts.length === 0 ? '<p>None yet.</p>' : `<ul>${accounts.map((account) => `<li>${describe(account)}</li>`).join('')}</ul>`}
<h2>Another</h2>
<form method="post" action="/accounts">${fields}<button>Make it</button></form>`);

export const gonePage = (): string => page('<p>This sign-in is over, or was begun in another browser. Begin again where you came from.</p>');

const describe = ({ name, email, email_verified }: OutsideAccount): string => `${escaped(name)} · ${escaped(email)}${email_verified ? '' : ' (not verified)'}`;

const pick = (account: OutsideAccount): string => `<button name="sub" value="${escaped(account.sub)}">${describe(account)}</button>`;

const fields = `<label>E-mail <input type="email" name="email" required autocomplete="off"></label>
<label>Name <input name="name" autocomplete="off"></label>
<label><input type="checkbox" name="email_verified" value="true" checked> The address is verified</label>
`;
const typing = `${fields}<button>Sign in</button>`;

const form = (uid: string, body: string): string => `<form method="post" action="/interaction/${escaped(uid)}">${body}</form>`;

const page = (body: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>Sandbox sign-in · Mela</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/sign-in.css"></head><body><main>${body}</main></body></html>
`;
