/** Asks the process in this container whether it is ready: 0 is yes. */
import { env, exit } from 'node:process';

const ready = await fetch(`http://127.0.0.1:${env.OPS_PORT}/health/ready`, { signal: AbortSignal.timeout(4_000) }).then(({ ok }) => ok, () => false);
exit(ready ? 0 : 1);
