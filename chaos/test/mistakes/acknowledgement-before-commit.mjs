/** Deliveries are answered for before their effects are committed. */
import { inside } from './mela-dist.mjs';

const { Apply } = await inside('@mela/bus', 'consume/apply.js');
const { settle } = Apply.prototype;
Apply.prototype.settle = function (deliveries) {
  for (const delivery of deliveries) delivery.message.respond(Buffer.from('+ACK'));
  return settle.call(this, deliveries);
};
