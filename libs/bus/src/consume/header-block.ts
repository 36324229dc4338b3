import type { Msg } from '@nats-io/transport-node';

/**
 * The headers of a message, read from its bytes: the client library's own reading checks and copies each name several times,
 * which costs a consumer more than everything else it does with an event.
 * The block lies right before the payload in the frame; should it ever not, the library reads it.
 */
export function headersOf(message: Msg): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  const block = blockBefore(message);
  if (!block?.startsWith('NATS/1.0\r\n')) {
    for (const [name, values] of message.headers ?? []) headers.set(name, values[0] ?? '');
    return headers;
  }
  let from = 10;
  for (let to = block.indexOf('\r\n', from); to > from; from = to + 2, to = block.indexOf('\r\n', from)) {
    const colon = block.indexOf(':', from);
    if (colon < 0 || colon > to) continue;
    const name = block.slice(from, colon);
    if (!headers.has(name)) headers.set(name, block.slice(colon + 1, to).trim());
  }
  return headers;
}

function blockBefore(message: Msg): string | undefined {
  const { data, subject, reply = '' } = message;
  // `size` counts subject, reply, headers and payload; the library has it on every message but does not declare it.
  const length = (message as Msg & { size(): number }).size() - subject.length - reply.length - data.length;
  if (length <= 0 || length > data.byteOffset) return undefined;
  return Buffer.from(data.buffer, data.byteOffset - length, length).toString('utf8');
}
