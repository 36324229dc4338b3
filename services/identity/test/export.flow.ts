import { inflateRawSync } from 'node:zlib';
import { communities, ExportReady, identity, topic } from '@mela/contracts';
import { openWorld } from '@mela/testkit';
import { afterEach, describe, expect, it } from 'vitest';

const world = openWorld();
afterEach(() => world.rest());

const ENTRY = 0x02014b50;

/** The files of a zip, by its directory: yazl writes the sizes there. */
function unzip(zip: Buffer): Record<string, any> {
  const files: Record<string, any> = {};
  for (let at = zip.indexOf(Buffer.from('PK\x01\x02')); at >= 0 && zip.readUInt32LE(at) === ENTRY; ) {
    const [size, nameLength, extraLength, commentLength, local] = [zip.readUInt32LE(at + 20), zip.readUInt16LE(at + 28), zip.readUInt16LE(at + 30), zip.readUInt16LE(at + 32), zip.readUInt32LE(at + 42)];
    const begin = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    files[zip.toString('utf8', at + 46, at + 46 + nameLength)] = JSON.parse(inflateRawSync(zip.subarray(begin, begin + size)).toString());
    at += 46 + nameLength + extraLength + commentLength;
  }
  return files;
}

describe('an export', () => {
  it('has what every service keeps of a person, and is heard when it is ready', async () => {
    const [asha, ravi] = [await world.someone('Asha'), await world.someone('Ravi')];
    await asha.asks(identity.changeProfile, { bio: 'I run on Sundays' });
    const { id: communityId } = await asha.asks(communities.create, { name: 'Runners' });
    const post = await asha.asks(communities.createPost, { communityId, body: 'Sunday at six' });
    const comment = await asha.asks(communities.createComment, { communityId, postId: post.id, body: 'By the lake' });
    const screen = await asha.listens(topic.person(asha.id));

    const asked = await asha.asks(identity.requestExport, {});
    expect([asked.state, asked.services.map(({ service }) => service)]).toEqual(['collecting', ['communities', 'identity']]);
    await expect(screen).toHear(ExportReady, { exportId: asked.id, userId: asha.id, missing: [] });
    const { archive, services } = await asha.asks(identity.export, { exportId: asked.id });
    expect(services.map(({ state }) => state)).toEqual(['answered', 'answered']);

    const pieces: Buffer[] = [];
    for (let chunk = 0; chunk < archive!.chunks; chunk++) pieces.push(Buffer.from((await asha.asks(identity.exportArchive, { exportId: asked.id, chunk })).base64, 'base64'));
    const files = unzip(Buffer.concat(pieces));
    expect(Object.keys(files).toSorted()).toEqual(['communities.json', 'export.json', 'identity.json']);
    expect(files['identity.json']).toMatchObject({ account: [{ email: asha.email, name: 'Asha' }], profile: [{ bio: 'I run on Sundays' }] });
    expect(files['identity.json'].audit.map(({ what }: { what: string }) => what)).toContain('export_requested');
    expect(files['communities.json']).toMatchObject({ memberships: [{ communityId, role: 'owner' }], posts: [post], comments: [comment] });

    expect(await asha.isRefused(identity.requestExport, {})).toMatchObject({ status: 409, code: 'identity.export_too_soon' });
    for (const operation of [identity.export, identity.exportArchive]) expect(await ravi.isRefused(operation, { exportId: asked.id })).toMatchObject({ status: 404, code: 'identity.export_unknown' });
  });
});
