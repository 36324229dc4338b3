/** One of the events of a stream: the id that holds from here on, and its lines. */
export interface StreamedEvent {
  readonly id: string | undefined;
  readonly lines: readonly string[];
}

/** Reads Server-Sent Events as they come, in pieces of any size. Comments are events without lines. */
export class EventReader {
  private text = '';

  *read(piece: string): Generator<StreamedEvent> {
    this.text += piece;
    for (;;) {
      const end = this.text.indexOf('\n\n');
      if (end < 0) return;
      const block = this.text.slice(0, end);
      this.text = this.text.slice(end + 2);
      yield event(block.split('\n'));
    }
  }
}

function event(lines: readonly string[]): StreamedEvent {
  const valuesOf = (field: string) => lines.filter((line) => line.startsWith(`${field}:`)).map((line) => line.slice(field.length + 1).replace(/^ /, ''));
  return { id: valuesOf('id').at(-1), lines: valuesOf('data') };
}
