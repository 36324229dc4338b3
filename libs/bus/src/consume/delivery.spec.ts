import type { Msg } from '@nats-io/transport-node';
import { expect, it } from 'vitest';
import { Delivery } from './delivery.ts';

const message = (said: string[]) =>
  ({ reply: '$JS.ACK.MELA.garden_counts.2.17.9.1800000000000000000.0', respond: (words: Uint8Array) => said.push(Buffer.from(words).toString()) }) as unknown as Msg;

it('a delivery knows how often it came, from which place, and since when it lies there', () => {
  expect(new Delivery(message([]))).toMatchObject({ count: 2, streamSeq: 17, storedAt: 1_800_000_000_000 });
});

it('a delivery is answered once', () => {
  const said: string[] = [];
  const delivery = new Delivery(message(said));
  delivery.working();
  delivery.ack();
  delivery.nak(1_000);
  delivery.working();
  expect(said).toEqual(['+WPI', '+ACK']);
});

it('a delivery is not answered any more when the connection it came on is gone', () => {
  const said: string[] = [];
  const line = { gone: false };
  const delivery = new Delivery(message(said), line);
  line.gone = true;
  delivery.working();
  delivery.ack();
  expect(said).toEqual([]);
  expect(delivery.settled).toBe(true);
});
