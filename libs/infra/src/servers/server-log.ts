import { open, rename, stat } from 'node:fs/promises';
import { lastLines } from '../processes/run-program.ts';

const tooLarge = 10 << 20;

/** The log of a server about to start; `since` tells what it has said from now on. */
export async function openServerLog(file: string): Promise<{ since(): Promise<string> }> {
  if ((await sizeOf(file)) > tooLarge) await rename(file, `${file}.old`);
  const start = await sizeOf(file);
  return {
    since: async () => {
      const log = await open(file, 'r');
      try {
        const length = Math.max(0, (await log.stat()).size - start);
        const { buffer } = await log.read(Buffer.alloc(length), 0, length, start);
        return lastLines(buffer.toString('utf8'), 12);
      } finally {
        await log.close();
      }
    },
  };
}

function sizeOf(file: string): Promise<number> {
  return stat(file).then((entry) => entry.size, () => 0);
}
