import type { Fault } from '../fault.ts';
import { clockFaults } from './clock.ts';
import { deliveryFaults } from './deliveries.ts';
import { diskFaults } from './disk.ts';
import { failPointFaults } from './fail-points.ts';
import { lineFaults } from './lines.ts';
import { mailFaults } from './mail.ts';
import { natsFaults } from './nats.ts';
import { postgresFaults } from './postgres.ts';
import { redisFaults } from './redis.ts';
import { roleFaults } from './roles.ts';

export const allFaults: readonly Fault[] = [
  ...roleFaults,
  ...failPointFaults,
  ...postgresFaults,
  ...natsFaults,
  ...redisFaults,
  ...lineFaults,
  ...diskFaults,
  ...clockFaults,
  ...deliveryFaults,
  ...mailFaults,
];
