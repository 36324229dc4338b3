import { settings } from './answers.ts';
import type { PartName } from './part.ts';

const byHand: Record<PartName, { darwin: string; linux: string }> = {
  postgres: {
    darwin: 'install PostgreSQL (brew install postgresql@18, then put its bin folder on PATH)',
    linux: 'run npm install again without --omit=optional, or install PostgreSQL 15 or newer (Debian and Ubuntu: apt install postgresql; Alpine: apk add postgresql; Fedora: dnf install postgresql-server)',
  },
  nats: {
    darwin: 'install NATS (brew install nats-server)',
    linux: 'install NATS 2.10 or newer (Debian 13: apt install nats-server; Alpine: apk add nats-server; elsewhere: put the nats-server program from https://nats.io/download on PATH)',
  },
  redis: {
    darwin: 'install Redis (brew install redis)',
    linux: 'install Redis 6.2 or newer, or Valkey (Debian and Ubuntu: apt install redis-server; Alpine: apk add redis; Fedora: dnf install valkey)',
  },
};

/** What to do about a part that is missing, on this platform. */
export function howToGet(part: PartName, platform: NodeJS.Platform = process.platform): string {
  const { setting, example } = settings[part];
  const give = `set ${setting} to a server of yours (${example})`;
  if (platform === 'win32') return `On Windows, run Mela inside WSL 2, or ${give}.`;
  const engine = part === 'postgres' ? '' : ', or start a Docker engine';
  return `Either ${byHand[part][platform === 'darwin' ? 'darwin' : 'linux']}${engine}, or ${give}.`;
}
