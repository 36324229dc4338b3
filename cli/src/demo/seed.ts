import { communities, identity, isRefusal, type Session } from '@mela/contracts';
import { refused, type Api } from '../api.ts';
import type { DataFolder } from '../project.ts';
import { demoCommunities, demoPeople, type DemoPerson } from './world.ts';

/** What was seeded from this data folder: a community has no name that it could be found by. */
export interface Seeded {
  readonly complete: boolean;
  /** The ids of the demo communities, by name. */
  readonly communities: Readonly<Record<string, string>>;
}

const seededFile = 'demo.json';

export async function readSeeded(folder: DataFolder): Promise<Seeded | undefined> {
  const remedy = { code: 'demo.unreadable', hint: 'Restore it, or remove it: the demo communities are then founded once more.' };
  const isSeeded = ({ communities: ids }: Record<string, unknown>) => typeof ids === 'object' && ids !== null;
  return (await folder.readObject(seededFile, remedy, isSeeded)) as Seeded | undefined;
}

export async function writeSeeded(folder: DataFolder, seeded: Seeded): Promise<void> {
  await folder.write(seededFile, `${JSON.stringify(seeded, undefined, 2)}\n`);
}

/**
 * Brings the demo world about through the API, as its people would. Running it again adds what is missing, whatever
 * stopped it before: people are found by their address, communities by the ids noted as soon as they are known.
 */
export async function seed(api: Api, folder: DataFolder): Promise<Seeded> {
  const tokens = new Map<DemoPerson, string>();
  for (const person of demoPeople) tokens.set(person, (await arrive(api, person)).accessToken);
  const known: Record<string, string> = { ...(await readSeeded(folder))?.communities };

  for (const community of demoCommunities) {
    const founder = tokens.get(community.founder)!;
    const noted = known[community.name];
    const posts = noted === undefined ? undefined : await api.ask(communities.listPosts, { communityId: noted, limit: 100 }, { token: founder });
    const there = posts !== undefined && !isRefusal(posts);
    const communityId = there ? noted! : (await api.must(communities.create, { name: community.name, about: community.about }, { token: founder })).id;
    known[community.name] = communityId;
    await writeSeeded(folder, { complete: false, communities: known });

    for (const member of community.members) {
      const joined = await api.ask(communities.join, { communityId }, { token: tokens.get(member) });
      if (isRefusal(joined) && joined.code !== 'member.already') throw refused(joined);
    }
    const said = there ? posts.items : [];
    for (const { by, body, comments = [] } of community.posts) {
      const post = said.find((one) => one.body === body) ?? (await api.must(communities.createPost, { communityId, body }, { token: tokens.get(by) }));
      const under = { communityId, postId: post.id };
      const { items } = await api.must(communities.listComments, { ...under, limit: 100 }, { token: founder });
      for (const comment of comments)
        if (!items.some((one) => one.body === comment.body)) await api.must(communities.createComment, { ...under, body: comment.body }, { token: tokens.get(comment.by) });
    }
  }
  const seeded = { complete: true, communities: known };
  await writeSeeded(folder, seeded);
  return seeded;
}

async function arrive(api: Api, { email, password, name }: DemoPerson): Promise<Session> {
  const session = await api.ask(identity.register, { email, password, name });
  if (!isRefusal(session)) return session;
  if (session.code !== 'identity.email_taken') throw refused(session);
  return api.must(identity.signIn, { email, password });
}

/** Whether the demo people can sign in: on a database that somebody else filled they may not exist. */
export async function demoPeopleKnown(api: Api): Promise<boolean> {
  for (const { email, password } of demoPeople) if (isRefusal(await api.ask(identity.signIn, { email, password }))) return false;
  return true;
}
