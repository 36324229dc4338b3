import type { PartName } from '../part.ts';
import { nats } from './nats.ts';
import { postgres } from './postgres.ts';
import { redis } from './redis.ts';
import type { Server } from './server.ts';

const servers: Record<PartName, Server> = { postgres, nats, redis };

export function serverFor(part: PartName): Server {
  return servers[part];
}
