import type { Fault } from '../fault.ts';
import { rewound } from './rewound.ts';
import { killed, restarted, stopped } from './servers.ts';

export const natsFaults: readonly Fault[] = [
  killed('nats', 'killed', 3, [0, 0]),
  killed('nats', 'down', 2, [5_000, 20_000]),
  restarted('nats', 1),
  stopped('nats', 3, [2_000, 20_000]),
  rewound,
];
