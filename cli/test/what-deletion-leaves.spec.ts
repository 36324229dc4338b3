import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Asker, connectBus } from '@mela/bus';
import { migrate, provision, runTargets, type RunningProcess } from '@mela/chassis';
import { communities, identity, isRefusal, type Session } from '@mela/contracts';
import { openPart, type OpenPart } from '@mela/infra';
import { identityService } from '@mela/identity';
import { AuthenticatorApp } from '@mela/identity/test/authenticator-app.fixture';
import { SoftwareAuthenticator } from '@mela/identity/test/software-authenticator.fixture';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Api } from '../src/api.ts';
import { stored } from '../src/events/stored.ts';
import { allTargets, servicesOf } from '../src/targets.ts';
import { openOutside } from '../src/up/outside.ts';

/** All of Mela, in which the time of an account that is to be deleted has come at once. */
let folder: string;
let parts: OpenPart[];
let outside: Awaited<ReturnType<typeof openOutside>>;
let environment: Record<string, string>;
const running: RunningProcess[] = [];
let all: Client;
let api: Api;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mela-deletion-'));
  const options = { dataDir: folder, env: {}, throwaway: true };
  parts = await Promise.all([openPart('postgres', options), openPart('nats', options), openPart('redis', options)]);
  const [postgres, nats, redis] = parts as [OpenPart, OpenPart, OpenPart];
  // Nobody takes the mails: what is noted of those that did not arrive is searched, too.
  const mail = { SMTP_URL: 'smtp://127.0.0.1:9?tls=off', MAIL_FROM: 'Mela <mela@mela.example>', WEB_URL: 'http://localhost:3000' };
  outside = await openOutside(mail, { mailbox: 0, oidc: 0 });
  environment = {
    ...mail, ...outside.settings,
    NATS_URL: nats.url, REDIS_URL: redis.url, IDENTITY_KEY_SECRET: 'a secret of these specs, long enough to pass', CURSOR_SECRET: 'another secret of these specs, long enough', IDENTITY_DELETION_DAYS: '0', RATE_LIMITS: 'off',
    LOG_LEVEL: 'silent', API_PORT: '0', REALTIME_PORT: '0', OPS_PORT: '0', DATABASE_CONNECTIONS: '20',
  };
  for (const { name, migrations } of servicesOf(allTargets)) {
    const url = await provision(postgres.url, name, `password of ${name}`);
    environment[`${name.toUpperCase()}_DATABASE_URL`] = url;
    const client = new Client({ connectionString: url });
    await client.connect();
    await migrate(client, name, migrations);
    await client.end();
  }
  all = new Client({ connectionString: postgres.url });
  await all.connect();
  const mela = await runTargets(allTargets, environment);
  running.push(mela);
  api = new Api(mela.addresses['api']!);
}, 120_000);

afterAll(async () => {
  for (const one of running.toReversed()) await one.stop();
  await all?.end();
  await outside?.stop();
  for (const part of parts ?? []) await part.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Place {
  readonly table: string;
  readonly column: string;
}

/** Every column of every table that anybody but PostgreSQL has made; what lies in bytes is read as text. */
async function placesOf(...words: readonly string[]): Promise<string[]> {
  const { rows: columns } = await all.query<Place & { type: string }>(
    `SELECT format('%I.%I', table_schema, table_name) AS table, quote_ident(column_name) AS column, data_type AS type
     FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
     WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`,
  );
  const found: string[] = [];
  for (const { table, column, type } of columns) {
    // Escaped bytes are the text itself wherever that is ASCII, which all that is looked for is.
    const text = type === 'bytea' ? `encode(${column}, 'escape')` : `${column}::text`;
    const { rows } = await all.query(`SELECT 1 FROM ${table} WHERE EXISTS (SELECT FROM unnest($1::text[]) AS word WHERE strpos(lower(${text}), lower(word)) > 0) LIMIT 1`, [words]);
    if (rows.length > 0) found.push(`${table}.${column}`);
  }
  return found;
}

async function inStream(...words: readonly string[]): Promise<string[]> {
  const nc = await connectBus({ url: environment['NATS_URL']!, name: 'test' });
  try {
    const found: string[] = [];
    for await (const message of stored(nc, {})) {
      const headers = [...(message.headers ?? [])].flatMap(([name, values]) => [name, ...values]).join('\n');
      const text = `${message.subject}\n${headers}\n${new TextDecoder().decode(message.data)}`.toLowerCase();
      if (words.some((word) => text.includes(word.toLowerCase()))) found.push(message.subject);
    }
    return found;
  } finally {
    await nc.close();
  }
}

async function vouchedFor(claims: Record<string, unknown>): Promise<{ idToken: string }> {
  const made = await fetch(new URL('/id-tokens', outside.addresses['oidc']), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ claims }) });
  return (await made.json()) as { idToken: string };
}

/** What stands in the mails that nobody takes. */
async function confirmationsOf(personId: string): Promise<string[]> {
  const nc = await connectBus({ url: environment['NATS_URL']!, name: 'test' });
  try {
    const asker = new Asker({ nc, mayAsk: new Set([identity.mail.id]) });
    const { rows } = await all.query<{ id: string }>(`SELECT id FROM identity.verification WHERE person_id = $1 AND change_id IS NOT NULL AND superseded_at IS NULL`, [personId]);
    const mails = await Promise.all(rows.map(({ id }) => asker.ask(identity.mail, { about: 'verification', id })));
    return mails.map((mail) => ('token' in mail ? mail.token! : ''));
  } finally {
    await nc.close();
  }
}

const password = 'ferns under the bridge';
const unique = () => Math.random().toString(36).slice(2, 10);
const register = (email: string, name: string): Promise<Session> => api.must(identity.register, { email, password, name, device: 'a phone' }, { idempotencyKey: unique() });

it('of somebody who did everything there is, nothing is left but their id: in no column of any table, and nowhere in the stream', async () => {
  const [word, mark] = [`zq${unique()}`, `said-${unique()}`];
  const who = { email: `${word}.mail@example.org`, name: `Name ${word}x`, handle: `${word}h`, device: `Phone ${word}` };
  const words = [word, mark];

  const registered = await register(who.email, who.name);
  const id = registered.person.id;
  const session = await api.must(identity.signIn, { email: who.email, password, device: who.device }, { idempotencyKey: unique() });
  await api.ask(identity.signIn, { email: who.email, password: 'not this one', device: who.device });
  await api.must(identity.forgotPassword, { email: who.email });
  const asks = () => ({ token: session.accessToken, idempotencyKey: unique() });
  await api.must(identity.changeProfile, { handle: `${who.handle}.old`, bio: `I am ${who.name}` }, asks());
  await api.must(identity.changeProfile, { handle: who.handle, visibility: { email: 'everyone' } }, asks());
  const admin = await register(`mira-${unique()}@example.org`, 'Mira');
  await all.query(`UPDATE identity.person SET role = 'super_admin' WHERE id = $1`, [admin.person.id]);
  const mira = await api.must(identity.signIn, { email: admin.person.email, password });
  const miraAsks = () => ({ token: mira.accessToken, idempotencyKey: unique() });
  await api.must(identity.impersonate, { personId: id, reason: 'They asked for help' }, miraAsks());
  const { id: communityId } = await api.must(communities.create, { name: 'Runners' }, asks());
  await api.must(communities.join, { communityId }, miraAsks());
  const post = await api.must(communities.createPost, { communityId, body: `${mark}: ${who.name}` }, asks());
  await api.must(communities.createComment, { communityId, postId: post.id, body: `${mark} again` }, asks());
  await api.must(communities.createComment, { communityId, postId: post.id, body: 'Count me in' }, miraAsks());
  await api.must(identity.createApiKey, { name: `Key ${word}`, scopes: ['communities:read'], password }, asks());
  const passkey = new SoftwareAuthenticator();
  const { options } = await api.must(identity.passkeyOptions, { password }, asks());
  await api.must(identity.addPasskey, { name: `Passkey ${word}`, credential: passkey.create(options) }, asks());
  await api.must(identity.linkOutside, { provider: 'sandbox', proof: await vouchedFor({ sub: `${word}-elsewhere`, email: who.email, email_verified: true, name: who.name }), password }, asks());
  await api.must(identity.changeEmail, { newEmail: `${word}.new@example.org`, password }, asks());
  for (const token of await confirmationsOf(id)) await api.must(identity.confirmEmail, { token });
  await api.must(identity.changeEmail, { newEmail: `${word}.newer@example.org`, password }, asks());
  const app = new AuthenticatorApp((await api.must(identity.beginTotp, { password }, asks())).secret);
  const { recoveryCodes } = await api.must(identity.confirmTotp, { code: app.codeOf(AuthenticatorApp.now()) }, asks());
  const asked = await api.must(identity.requestExport, {}, asks());
  await vi.waitUntil(async () => (await api.must(identity.export, { exportId: asked.id }, asks())).state === 'ready', { timeout: 20_000, interval: 50 });
  // A second one that nobody has answered yet: with what one service has said.
  await all.query(`UPDATE identity.export SET asked_at = now() - interval '2 days' WHERE person_id = $1`, [id]);
  await all.query(`INSERT INTO identity.export (id, person_id, expected) VALUES (gen_random_uuid(), $1, '{communities,identity}')`, [id]);
  await all.query(`INSERT INTO identity.export_page SELECT id, 'identity', 0, true, jsonb_build_array($2::text) FROM identity.export WHERE person_id = $1 AND ready_at IS NULL`, [id, who.email]);
  // What an admin was answered names them, and is kept beside the key.
  await api.must(identity.suspend, { personId: id, reason: 'A test' }, miraAsks());
  await api.must(identity.restore, { personId: id }, miraAsks());
  expect((await placesOf(...words)).toSorted()).toEqual([
    'communities.comment.body', 'communities.idempotency.answer', 'communities.post.body', 'identity.api_key.name', 'identity.audit.device', 'identity.email_change.new_email', 'identity.email_change.old_email',
    'identity.export_page.records', 'identity.handle.handle', 'identity.idempotency.answer', 'identity.outside_identity.subject', 'identity.passkey.name', 'identity.person.email', 'identity.person.name',
    'identity.profile.bio', 'identity.session.device', 'identity.verification.email',
  ]);

  const shown = passkey.get((await api.must(identity.passkeySignInOptions, {})).options);
  const last = await api.must(identity.signInWithPasskey, { credential: shown, device: who.device });
  await api.must(identity.delete, { password, recoveryCode: recoveryCodes[0]! }, { token: last.accessToken, idempotencyKey: unique() });
  expect(isRefusal(await api.ask(identity.person, { personId: id }))).toBe(true);
  // Any replica looks for whose time has come, also when it starts.
  running.push(await runTargets([identityService], environment));

  await vi.waitFor(async () => {
    expect(await placesOf(...words)).toEqual([]);
    expect(await all.query(`SELECT 1 FROM communities.membership WHERE user_id = $1 AND role IS NOT NULL`, [id])).toMatchObject({ rowCount: 0 });
  }, { timeout: 30_000, interval: 100 });
  expect(await inStream(...words)).toEqual([]);
  // What lies compressed is not found by its words.
  expect(await all.query('SELECT 1 FROM identity.export_chunk')).toMatchObject({ rowCount: 0 });

  const whats = (await all.query<{ what: string }>('SELECT what FROM identity.audit WHERE about = $1 ORDER BY at, id', [id])).rows.map(({ what }) => what);
  for (const what of ['registered', 'signed_in', 'sign_in_failed', 'impersonated', 'suspended', 'deletion_requested', 'deleted']) expect(whats).toContain(what);
  const said = (schema: string) => `SELECT headers->>'ce-type' AS type FROM (TABLE ${schema}.outbox_sent UNION ALL SELECT *, NULL, NULL FROM ${schema}.outbox) AS said WHERE strpos(encode(payload, 'escape'), $1) > 0 ORDER BY id`;
  const types = async (schema: string) => (await all.query<{ type: string }>(said(schema), [id])).rows.map(({ type }) => type);
  expect(await types('identity')).toEqual(expect.arrayContaining(['user.registered', 'profile.changed', 'user.deletion_requested', 'user.deleted']));
  expect(await types('communities')).toEqual(expect.arrayContaining(['member.joined', 'post.created', 'post.erased', 'comment.erased', 'member.left']));
  expect(await inStream(id)).not.toEqual([]);
  const { items } = await api.must(communities.listComments, { communityId, postId: post.id }, { token: mira.accessToken });
  expect(items.map(({ body }) => body)).toEqual(['', 'Count me in']);
}, 90_000);
