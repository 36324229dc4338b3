import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Asker, connectBus, continueTrace, ensureStream, OperationServer, within } from '@mela/bus';
import { AUDIENCE, authenticated, authorised, busEnvironment, createLog, ISSUER, measured, pipeline, runTargets, TOKEN_TYPE, type RunningProcess, type TokenVerifier } from '@mela/chassis';
import { id, identity, isRefusal, realtime, type Out } from '@mela/contracts';
import { realtimeGateway } from '@mela/gateway-realtime';
import { openPart, type OpenPart } from '@mela/infra';
import type { NatsConnection } from '@nats-io/transport-node';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { PaperTerminal } from '../../test/paper-terminal.ts';
import { usersOf } from '../bus-users.ts';
import { eventFromExample, publish } from '../events/trigger.ts';
import { mela } from '../mela.ts';
import { allTargets } from '../targets.ts';

const asha = id(7);
let folder: string;
let nats: OpenPart;
let nc: NatsConnection;
let gateway: RunningProcess;
let token: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mela-why-'));
  nats = await openPart('nats', { dataDir: folder, env: {}, throwaway: true, natsUsers: usersOf(allTargets) });
  // Whoever started the server stands for identity, and for the outboxes.
  nc = await connectBus({ url: nats.url, name: 'identity' });
  await ensureStream(nc);
  token = await signedIn();
  gateway = await runTargets([realtimeGateway], { ...busEnvironment(nats.url, nats.passwords), CURSOR_SECRET: 'b7f1c4d09e2a4c6f8d3b5a7091e2f4c6', REALTIME_PORT: '0', LOG_LEVEL: 'silent' });
});

afterAll(async () => {
  await gateway.stop();
  await nc.close();
  await nats.stop();
  await rm(folder, { recursive: true, force: true });
});

/** As identity does it: a key of its own, told to whoever asks, and a token signed with it. */
async function signedIn(): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair('Ed25519');
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'Ed25519' }];
  const server = new OperationServer(nc, 'identity');
  const nobody = authenticated({} as TokenVerifier);
  server.serve(identity.jwks.subject, pipeline(identity.jwks, () => ({ keys }), { log: createLog('silent'), measured: measured(new Registry()), authenticated: nobody, authorised: authorised(undefined) }));
  await new Promise<void>((resolve) => void server.listen(() => resolve()));
  return new SignJWT({ sid: id(900) })
    .setProtectedHeader({ alg: 'Ed25519', typ: TOKEN_TYPE, kid: 'one' })
    .setSubject(asha).setIssuer(ISSUER).setAudience(AUDIENCE).setExpirationTime('1h')
    .sign(privateKey);
}

/** Somebody registered, which the person hears on their own topic. */
async function registered(userId: string): Promise<string> {
  const event = eventFromExample({ type: 'user.registered', fields: JSON.stringify({ userId }) });
  await publish(nc, event);
  return event.eventId;
}

async function why(eventId: string, ...more: string[]) {
  const terminal = new PaperTerminal(busEnvironment(nats.url, nats.passwords));
  const exit = await mela(['realtime', 'why', '--person', asha, '--event', eventId, ...more], terminal);
  return { exit, out: terminal.stdout, err: terminal.stderr };
}

describe('mela realtime why', () => {
  it('says in a sentence what became of an event, and to programs in JSON', async () => {
    const socket = new WebSocket(gateway.addresses['realtime']!);
    await once(socket, 'open');
    socket.send(JSON.stringify({ t: 'connect', token }));
    const frames: string[] = [];
    socket.on('message', (data) => void frames.push(String(data)));
    await expect.poll(() => frames.join()).toContain('"t":"live"');
    const eventId = await registered(asha);
    await expect.poll(() => frames.join()).toContain(eventId);

    const { exit, out } = await why(eventId);
    const cid = /"cid":"([^"]+)"/.exec(frames.join())![1]!;
    expect(exit).toBe(0);
    expect(out).toMatch(/^Gateway \S+: user\.registered is event \d+ of the stream, stored at \S+Z, and concerns person:\S+\.\n/);
    expect(out).toMatch(new RegExp(`\n  connection ${cid}, person:${asha}: delivered at \\S+Z\\.\n$`));

    const told = JSON.parse((await why(eventId, '--json')).out) as Out<typeof realtime.why>;
    expect(told).toMatchObject({ silent: [], gateways: [{ findings: [{ verdict: 'delivered', connection: cid }] }] });
    socket.close(1000);
    await once(socket, 'close');
  });

  it('needs no right at the bus that the gateway and the operator have not, and neither do tickets and presence', async () => {
    const { NATS_URL, API_NATS_PASSWORD } = busEnvironment(nats.url, nats.passwords);
    const api = await connectBus({ url: NATS_URL!, name: 'api', password: API_NATS_PASSWORD });
    const asker = new Asker({ nc: api, mayAsk: new Set([realtime.createTicket.id]) });
    const given = await within({ traceparent: continueTrace(undefined), token }, () => asker.ask(realtime.createTicket, {}));
    await api.close();
    if (isRefusal(given)) throw new Error(given.code);
    const socket = new WebSocket(gateway.addresses['realtime']!);
    await once(socket, 'open');
    const frames: string[] = [];
    socket.on('message', (data) => void frames.push(String(data)));
    socket.send(`${JSON.stringify({ t: 'connect', ticket: given.ticket })}\n${JSON.stringify({ t: 'sub', topic: `person:${asha}`, presence: true })}`);
    await expect.poll(() => frames.join()).toContain('"t":"pres"');
    expect((await why(await registered(asha))).exit).toBe(0);
    socket.close(1000);
    await once(socket, 'close');
    const metrics = await (await fetch(`${gateway.addresses['ops']}/metrics`)).text();
    expect(metrics.match(/^mela_bus_refused_total\S* \d+$/gm)?.map((line) => line.split(' ')[1])).toEqual(['0', '0', '0']);
  });

  it('says that the person was not there', async () => {
    const { out } = await why(await registered(asha));
    expect(out).toMatch(/(the person had no connection here|was the person’s last before it, and ended with 1000 at \S+Z: no other was open here)\.\n$/);
  });

  it('says where to look for an event that is not known any more', async () => {
    const { exit, out } = await why('01900000-0000-7000-8000-00000000dead');
    expect(exit).toBe(0);
    expect(out).toMatch(/it knows no such event\. It remembers those since \S+Z; what is older is in the stream: `mela events tail --from <time>`\.\n$/);
  });

  it('says so when no gateway answers', async () => {
    const terminal = new PaperTerminal({ NATS_URL: 'nats://127.0.0.1:1' });
    expect(await mela(['realtime', 'why', '--person', asha, '--event', id(1), '--json'], terminal)).toBe(1);
    expect(JSON.parse(terminal.stdout)).toMatchObject({ code: 'unreachable' });
  });
});
