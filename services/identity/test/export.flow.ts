import { randomBytes } from 'node:crypto';
import { crc32, inflateRawSync } from 'node:zlib';
import { communities, ExportReady, identity, keepersOfPersonalData, mela, topic } from '@mela/contracts';
import { openWorld } from '@mela/testkit';
import { afterEach, describe, expect, it } from 'vitest';

const world = openWorld();
afterEach(() => world.rest());

const keepers = keepersOfPersonalData(mela);
const ENTRY = 0x02014b50;

/** The files of a zip, by its directory: sizes and sums stand there. A byte that is not what it was is noticed. */
function unzip(zip: Buffer): Record<string, any> {
  const files: Record<string, any> = {};
  for (let at = zip.indexOf(Buffer.from('PK\x01\x02')); at >= 0 && zip.readUInt32LE(at) === ENTRY; ) {
    const [size, nameLength, extraLength, commentLength, local] = [zip.readUInt32LE(at + 20), zip.readUInt16LE(at + 28), zip.readUInt16LE(at + 30), zip.readUInt16LE(at + 32), zip.readUInt32LE(at + 42)];
    const begin = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const content = inflateRawSync(zip.subarray(begin, begin + size));
    expect(crc32(content)).toBe(zip.readUInt32LE(at + 16));
    files[zip.toString('utf8', at + 46, at + 46 + nameLength)] = JSON.parse(content.toString());
    at += 46 + nameLength + extraLength + commentLength;
  }
  return files;
}

describe('an export', () => {
  it('has what every service keeps of a person, and is heard when it is ready', async () => {
    const [asha, ravi] = [await world.someone('Asha'), await world.someone('Ravi')];
    const handle = `asha_${asha.id.slice(-12)}`;
    await asha.asks(identity.changeProfile, { bio: 'I run on Sundays', handle });
    await asha.asks(identity.skipSetupStep, { step: 'avatar' });
    const { key: _, ...apiKey } = await asha.asks(identity.createApiKey, { name: 'Her till', scopes: ['communities:read'], password: asha.password });
    await asha.asks(identity.changeEmail, { newEmail: `new-${asha.email}`, password: asha.password });
    const { items: [session] } = await asha.asks(identity.sessions, {});
    const { id: communityId } = await asha.asks(communities.create, { name: 'Runners' });
    const post = await asha.asks(communities.createPost, { communityId, body: 'Sunday at six' });
    const comment = await asha.asks(communities.createComment, { communityId, postId: post.id, body: 'By the lake' });
    const screen = await asha.listens(topic.person(asha.id));

    const asked = await asha.asks(identity.requestExport, {});
    expect([asked.state, asked.services.map(({ service }) => service)]).toEqual(['collecting', keepers]);
    await expect(screen).toHear(ExportReady, { exportId: asked.id, userId: asha.id, missing: [] });
    const { archive, services } = await asha.asks(identity.export, { exportId: asked.id });
    expect(services).toEqual(keepers.map((service) => ({ service, state: 'answered' })));

    const { bytes, headers } = await asha.downloads(identity.exportArchive, { exportId: asked.id });
    expect(bytes.length).toBe(archive!.bytes);
    expect(headers.get('content-type')).toBe('application/zip');
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="mela-export-\d{4}-\d\d-\d\d\.zip"$/);
    const files = unzip(bytes);
    expect(Object.keys(files).toSorted()).toEqual([...keepers, 'export'].map((name) => `${name}.json`).toSorted());
    expect(files['identity.json']).toMatchObject({
      account: [{ email: asha.email, name: 'Asha', language: 'en' }], profile: [{ bio: 'I run on Sundays' }], setup: [{ skipped: ['avatar'] }], handles: [{ handle }],
      sessions: [{ id: session!.id, createdAt: session!.createdAt }], apiKeys: [{ id: apiKey.id, name: 'Her till', prefixes: [apiKey.prefix] }],
      emailChanges: [{ oldEmail: asha.email, newEmail: `new-${asha.email}` }], exports: [{ id: asked.id }],
    });
    expect(files['identity.json'].verifications.map(({ purpose }: { purpose: string }) => purpose).toSorted()).toEqual(['confirm_new_email', 'confirm_old_email', 'verify_email']);
    expect(files['identity.json'].audit.map(({ what }: { what: string }) => what)).toContain('export_requested');
    expect(files['communities.json']).toMatchObject({ memberships: [{ communityId, role: 'owner' }], posts: [post], comments: [comment] });

    expect(await asha.isRefused(identity.requestExport, {})).toMatchObject({ status: 409, code: 'identity.export_too_soon' });
    for (const operation of [identity.export, identity.exportArchive]) expect(await ravi.isRefused(operation, { exportId: asked.id })).toMatchObject({ status: 404, code: 'identity.export_unknown' });
  });

  it('that is more than the bus carries at once comes as one file', async () => {
    const asha = await world.someone('Asha');
    const { id: communityId } = await asha.asks(communities.create, { name: 'Runners' });
    // Noise, so that the zip is not much smaller.
    const bodies = Array.from({ length: 400 }, () => randomBytes(3_600).toString('base64'));
    for (let at = 0; at < bodies.length; at += 25) await Promise.all(bodies.slice(at, at + 25).map((body) => asha.asks(communities.createPost, { communityId, body })));
    const screen = await asha.listens(topic.person(asha.id));
    const { id: exportId } = await asha.asks(identity.requestExport, {});
    await expect(screen).toHear(ExportReady, { exportId, userId: asha.id, missing: [] });

    const { bytes } = await asha.downloads(identity.exportArchive, { exportId });
    expect(bytes.length).toBeGreaterThan(1_048_576);
    const files = unzip(bytes);
    expect(files['communities.json'].posts.map(({ body }: { body: string }) => body).toSorted()).toEqual(bodies.toSorted());
  });
});
