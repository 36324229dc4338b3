import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';

/** A zip of these files, each of them JSON that people can read, too. */
export async function archiveOf(files: Readonly<Record<string, unknown>>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(files)) zip.addBuffer(Buffer.from(`${JSON.stringify(content, undefined, 2)}\n`), `${name}.json`);
  zip.end();
  return buffer(zip.outputStream);
}
