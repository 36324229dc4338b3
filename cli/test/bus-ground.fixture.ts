import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureStream, Hears, inboxOf, watchRefusals, type BusUser } from '@mela/bus';
import { defineService, type Target } from '@mela/chassis';
import { communities, identity, notifications, PostCreated, realtime, service, UserRegistered } from '@mela/contracts';
import { natsAccess, openPart, type OpenPart } from '@mela/infra';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { usersOf } from '../src/bus-users.ts';
import { allTargets } from '../src/targets.ts';

@Hears([PostCreated, UserRegistered], { as: 'postcards.album' })
class OnAlbum {
  handle(): void {}
}

/** A service that hears and asks, as most will: two durables of its own, and the replica's. */
const postcards = defineService({
  hosts: service('postcards', {}), asks: [identity.me], entities: [], migrations: [], apis: [], reactions: [OnAlbum], providers: [OnAlbum], members: 'replica',
});

export const targets: readonly Target[] = [...allTargets, postcards];
export const users: readonly BusUser[] = usersOf(targets);

/** What each may ask and say, as a table that is read by itself: the rules under test are not asked. */
export const mayAsk: Readonly<Record<string, readonly string[]>> = {
  identity: [identity.jwks.id, identity.deliverExportPart.id],
  communities: [identity.jwks.id, identity.deliverExportPart.id],
  notifications: [identity.jwks.id, identity.mail.id],
  postcards: [identity.jwks.id, identity.me.id, communities.members.id, communities.membership.id],
  api: [identity.exchangeApiKey.id, ...[identity, communities, notifications, realtime].flatMap((owner) => Object.values(owner)).flatMap((operation) => (typeof operation === 'object' && operation.http ? [operation.id] : []))],
  realtime: [identity.jwks.id, identity.exchangeApiKey.id, identity.hearing.id, communities.hearing.id, communities.hearingPost.id],
  operator: [realtime.why.id, identity.appoint.id, identity.resetSecondFactorAsOperator.id, identity.exportAudit.id, identity.signingKeys.id, identity.rotateSigningKey.id],
};
export const maySay: Readonly<Record<string, readonly string[]>> = { identity: ['user', 'session', 'profile', 'key', 'apikey', 'verification', 'export'], communities: ['community', 'member', 'post', 'comment'] };
export const overhearsEnds: readonly string[] = ['identity', 'communities', 'notifications', 'postcards'];
export const durablesOf: Readonly<Record<string, readonly string[]>> = {
  communities: ['communities_personal-data', 'communities_exports'],
  identity: ['identity_profile-changed', 'identity_account-closed', 'identity_personal-data', 'identity_exports'],
  notifications: ['notifications_api-key-issued', 'notifications_session-opened-elsewhere', 'notifications_user-email-changed', 'notifications_user-password-changed', 'notifications_user-role-changed', 'notifications_user-second-factor-changed', 'notifications_user-ways-in-changed', 'notifications_verification-requested'],
  postcards: ['postcards_album--post', 'postcards_album--user', 'postcards_members'],
};

/** What nobody may publish. */
const last = 'nobody.may.this';

/** A NATS as the embedded default starts it, and raw connections under each user's credentials. */
export class BusGround {
  private readonly open = new Map<string, NatsConnection>();

  private constructor(
    private readonly folder: string,
    readonly nats: OpenPart,
    /** Whoever started the server. */
    readonly master: NatsConnection,
  ) {}

  static async open(): Promise<BusGround> {
    const folder = await mkdtemp(join(tmpdir(), 'mela-permissions-'));
    const nats = await openPart('nats', { dataDir: folder, env: {}, throwaway: true, natsUsers: users });
    const master = await connect(natsAccess(nats.url));
    await ensureStream(master);
    return new BusGround(folder, nats, master);
  }

  async as(user: string): Promise<NatsConnection> {
    const known = this.open.get(user);
    if (known) return known;
    const nc = await connect({ servers: natsAccess(this.nats.url).servers, user, pass: this.nats.passwords[user]!, inboxPrefix: inboxOf(user) });
    this.open.set(user, nc);
    return nc;
  }

  /** What the server refused of all that was done, in its order. */
  async refusals(user: string, act: (nc: NatsConnection) => void): Promise<string[]> {
    const nc = await this.as(user);
    const refused: string[] = [];
    const end = watchRefusals(nc, ({ of, subject }) => void refused.push(`${of} ${subject}`));
    act(nc);
    await nc.flush();
    // Refusals are read in the order of the wire and told in a later turn: this one is the last.
    const told = new Promise<void>((resolve) => {
      const stop = watchRefusals(nc, ({ subject }) => {
        if (subject !== last) return;
        stop();
        resolve();
      });
    });
    nc.publish(last);
    await told;
    end();
    return refused.filter((line) => line !== `publish ${last}`);
  }

  async close(): Promise<void> {
    for (const nc of [...this.open.values(), this.master]) await nc.close();
    await this.nats.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
