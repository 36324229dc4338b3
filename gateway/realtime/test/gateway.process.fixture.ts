/** The harbour's gateway, run by the specs as a process of its own, so that it can be killed. */
import { runTargets } from '@mela/chassis';
// As it is built: Node strips types by itself, and knows no decorators.
import { realtimeGatewayOf } from '../dist/index.js';
import { harbours } from './harbour.contracts.fixture.ts';

// Whoever started this is gone: so is the reason to live.
process.on('disconnect', () => process.exit());
const gateway = await runTargets([realtimeGatewayOf(harbours)], process.env);
process.on('SIGTERM', () => void gateway.stop().then(() => process.exit()));
process.send!(gateway.addresses);
