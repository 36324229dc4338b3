/** Deliveries are answered for before their effects are committed. */
import { inside, replace } from './mela-dist.mjs';

const { Apply } = await inside('@mela/bus', 'consume/apply.js');
replace(Apply, 'settle', (settle) => function (deliveries) {
  for (const delivery of deliveries) delivery.message.respond(Buffer.from('+ACK'));
  return settle.call(this, deliveries);
});
