import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writePrivately, type PartFolder } from '../part-folder.ts';
import { debianSource } from '../apt/debian.ts';
import { dockerSource } from '../programs/docker.ts';
import { homebrewSource } from '../programs/homebrew.ts';
import { onPathSource } from '../programs/on-path.ts';
import { redisAnswers } from './redis-answers.ts';
import type { Server } from './server.ts';

export const redis: Server = {
  sources: [
    onPathSource('redis', ['redis-server', 'valkey-server']),
    debianSource('redis'),
    homebrewSource('redis', 'redis', 'redis-server'),
    dockerSource('redis:7.4'),
  ],
  farewell: ['SIGTERM'],
  answers: redisAnswers,
  url: (port, password) => `redis://:${password}@127.0.0.1:${port}`,

  async prepare({ folder, host, port, throwaway }) {
    const data = join(folder.path, 'data');
    await mkdir(data, { recursive: true });
    await writePrivately(configFile(folder), [
      `bind ${host}`,
      `port ${port}`,
      `requirepass ${folder.remembered.password}`,
      `dir ${quoted(data)}`,
      'daemonize no',
      // Queues live here: an evicted job would be a lost one.
      'maxmemory-policy noeviction',
      `appendonly ${throwaway ? 'no' : 'yes'}`,
      // Saved on a polite stop in any case, so that a restart keeps what there was.
      'save 3600 1',
      '',
    ].join('\n'));
  },

  args: ({ folder }) => [configFile(folder)],
};

function configFile(folder: PartFolder): string {
  return join(folder.path, 'redis.conf');
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
