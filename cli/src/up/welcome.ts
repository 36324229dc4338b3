import { table, type Say } from '../say.ts';
import { asha, ravi, readers, type DemoPerson } from '../demo/world.ts';

interface Welcome {
  readonly addresses: Readonly<Record<string, string>>;
  /** Where links in mails lead. */
  readonly webUrl: string;
  /** Empty where the demo people are not known. */
  readonly people: readonly DemoPerson[];
  /** The id of a community that Asha founded and Ravi has not joined. */
  readonly openCommunity: string | undefined;
  /** ` --data <folder>`, or nothing for the default. */
  readonly flag: string;
  readonly seconds: number;
  readonly throwaway: boolean;
}

/** The last line for programs. */
export const readyLine = ({ addresses, people }: Pick<Welcome, 'addresses' | 'people'>) => ({
  api: addresses['api'],
  realtime: addresses['realtime'],
  mailbox: addresses['mailbox'],
  oidc: addresses['oidc'],
  people: people.map(({ email, password }) => ({ email, password })),
});

/** What a person who has just started Mela wants to know: where, who, and what to try. */
export function welcome(say: Say, { addresses, webUrl, people, openCommunity, flag, seconds, throwaway }: Welcome): string {
  const { api = '', realtime = '', ops = '', mailbox, oidc } = addresses;
  const where = table([
    ['API', api, `${api}/docs`],
    ['Realtime', realtime, `${api}/docs?events`],
    ['Health', `${ops}/health/ready`, `${ops}/metrics`],
    ...(mailbox === undefined ? [] : [['Mailbox', mailbox]]),
    ...(oidc === undefined ? [] : [['OpenID', oidc, `${oidc}/.well-known/openid-configuration`]]),
  ], '  ');
  const who = people.length === 0 ? [] : [table(people.map(({ name, email, password }) => [name, email, password]), '  ')];
  const what = people.length === 0 || openCommunity === undefined ? [] : [say.bold('Three commands to try'), tryThis(say, api, openCommunity, flag), ...(mailbox === undefined ? [] : [tryMail(say, webUrl)])];
  return ['', where, '', ...who, '', ...what, readySentence(say, seconds, throwaway)].join('\n');
}

export const readySentence = (say: Say, seconds: number, throwaway: boolean): string =>
  `${say.bold(`Ready in ${seconds.toFixed(1)} s.`)} Ctrl-C stops everything; the data ${throwaway ? 'goes with it' : 'stays'}.`;

function tryThis(say: Say, api: string, communityId: string, flag: string): string {
  const json = `-H 'content-type: application/json'`;
  return [
    say.dim(`  # Listen as ${asha.name}, in a second terminal, and leave it open`),
    `  npx mela listen community:${communityId} --as ${asha.email}${flag}`,
    say.dim(`  # Sign in as ${ravi.name} and keep his token, in a third one`),
    `  TOKEN=$(curl -s ${api}/api/v1/identity/sign-in ${json} -d '${JSON.stringify({ email: ravi.email, password: ravi.password })}' | sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/')`,
    say.dim(`  # Join “${readers.name}” and post: the listener hears both at once`),
    `  curl -s -X POST ${api}/api/v1/communities/${communityId}/members -H "authorization: Bearer $TOKEN"; curl -s ${api}/api/v1/communities/${communityId}/posts -H "authorization: Bearer $TOKEN" ${json} -d '{"body":"Hello, everyone"}'`,
    '',
  ].join('\n');
}

const tryMail = (say: Say, webUrl: string): string =>
  [say.bold('And in a browser'), say.dim(`  # Forget ${asha.name}’s password here, and follow the link that comes to the mailbox`), `  ${webUrl}/forgot-password`, ''].join('\n');
