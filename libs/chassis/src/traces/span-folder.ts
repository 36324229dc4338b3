import { appendFile, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredSpan } from './stored-span.ts';

export interface SpanFolderLimits {
  /** Of one file, after which a process begins another. */
  readonly fileBytes: number;
  /** Of all files together: the oldest go. */
  readonly folderBytes: number;
}

const LIMITS: SpanFolderLimits = { fileBytes: 4 * 2 ** 20, folderBytes: 32 * 2 ** 20 };
const ENDING = '.jsonl';

/**
 * What development keeps of its traces: lines of JSON, in files that each one process alone writes. Whatever was appended is there after
 * a crash; a line that was cut off is passed over. Several processes share a folder and its limit.
 */
export class SpanFolder {
  private file: { readonly path: string; bytes: number } | undefined;
  private begun = 0;

  constructor(
    readonly path: string,
    private readonly limits: SpanFolderLimits = LIMITS,
  ) {}

  /** A span to a line, each line ended. */
  async append(text: string): Promise<void> {
    const lines = Buffer.from(text);
    // Each time, since somebody may have removed it to begin anew.
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    if (this.file === undefined || this.file.bytes + lines.length > this.limits.fileBytes) {
      this.file = { path: join(this.path, `${Date.now()}-${process.pid}-${++this.begun}${ENDING}`), bytes: 0 };
      await this.makeRoom();
    }
    await appendFile(this.file.path, lines, { mode: 0o600 });
    this.file.bytes += lines.length;
  }

  /** Those whose line holds the text, or all. */
  async read(text = ''): Promise<StoredSpan[]> {
    const files = await Promise.all((await this.files()).map(({ path }) => readFile(path, 'utf8').catch(() => '')));
    return files.flatMap((content) => content.split('\n').filter((line) => line !== '' && line.includes(text)).flatMap(parsed));
  }

  private async makeRoom(): Promise<void> {
    const files = (await this.files()).sort((a, b) => b.writtenAt - a.writtenAt);
    let room = this.limits.folderBytes - this.limits.fileBytes;
    for (const { path, bytes } of files) {
      room -= bytes;
      if (room < 0) await rm(path, { force: true });
    }
  }

  private async files(): Promise<{ path: string; bytes: number; writtenAt: number }[]> {
    const names = await readdir(this.path).catch((fault: NodeJS.ErrnoException) => {
      if (fault.code === 'ENOENT') return [];
      throw fault;
    });
    const found = names.filter((name) => name.endsWith(ENDING)).sort().map(async (name) => {
      const path = join(this.path, name);
      // Another process may just have removed it.
      const facts = await stat(path).catch(() => undefined);
      return facts ? [{ path, bytes: facts.size, writtenAt: facts.mtimeMs }] : [];
    });
    return (await Promise.all(found)).flat();
  }
}

function parsed(line: string): StoredSpan[] {
  try {
    return [JSON.parse(line) as StoredSpan];
  } catch {
    return [];
  }
}
