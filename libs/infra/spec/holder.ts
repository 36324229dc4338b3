/** Run by the specs as a process of its own, to be killed. */
import { openParts } from '../src/index.ts';

const { databaseAdminUrl, natsUrl, redisUrl } = await openParts({ dataDir: process.argv[2] ?? '', env: process.env });
console.log(JSON.stringify({ databaseAdminUrl, natsUrl, redisUrl }));
setInterval(() => undefined, 60_000);
