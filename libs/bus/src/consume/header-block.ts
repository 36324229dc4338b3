import type { Msg } from '@nats-io/transport-node';

const FIRST_LINE = 'NATS/1.0';
const marks = new Map<string, string>();

/**
 * The headers of a message, looked up in its bytes: the client library's own reading checks and copies each name several times,
 * which costs a consumer more than everything else it does with an event.
 * The block lies right before the payload in the frame; should it ever not, the library reads it.
 */
export class HeaderBlock {
  private readonly text: string | undefined;

  constructor(private readonly message: Msg) {
    this.text = blockBefore(message);
  }

  get(name: string): string | undefined {
    if (this.text === undefined) return this.message.headers?.has(name) ? this.message.headers.get(name) : undefined;
    const mark = markOf(name);
    const at = this.text.indexOf(mark);
    if (at < 0) return undefined;
    const from = at + mark.length;
    return this.text.slice(from, this.text.indexOf('\r\n', from)).trim();
  }

  all(): Record<string, string> {
    const names = this.text?.split('\r\n').slice(1).flatMap((line) => (line.includes(':') ? [line.slice(0, line.indexOf(':'))] : []));
    return Object.fromEntries((names ?? this.message.headers?.keys() ?? []).map((name) => [name, this.get(name)!]));
  }
}

/** What stands before a header's value. A value has no line break, so nothing else looks like it. */
function markOf(name: string): string {
  let mark = marks.get(name);
  if (mark === undefined) marks.set(name, (mark = `\r\n${name}:`));
  return mark;
}

function blockBefore(message: Msg): string | undefined {
  const { data, subject, reply = '' } = message;
  // `size` counts subject, reply, headers and payload; the library has it on every message but does not declare it.
  const length = (message as Msg & { size(): number }).size() - subject.length - reply.length - data.length;
  if (length <= 0 || length > data.byteOffset) return undefined;
  const block = Buffer.from(data.buffer, data.byteOffset - length, length).toString('utf8');
  return block.startsWith(FIRST_LINE) ? block : undefined;
}
