/** Something that happened at a place in the stream. */
interface Placed {
  readonly seq: number;
}

const LAID_BARE_BEFORE_MOVING = 1_024;

/** A queue in the order of the stream: grows at its end, forgets from its beginning, and is searched by place. */
export class Lane<T extends Placed> {
  private items: T[] = [];
  private gone = 0;
  private before = 0;

  get size(): number {
    return this.items.length - this.gone;
  }

  get first(): T | undefined {
    return this.items[this.gone];
  }

  push(item: T): void {
    this.items.push(item);
  }

  shift(): T | undefined {
    const item = this.items[this.gone];
    if (item === undefined) return undefined;
    this.items[this.gone++] = undefined as never;
    if (this.gone >= LAID_BARE_BEFORE_MOVING && this.gone * 2 >= this.items.length) {
      this.before += this.gone;
      this.items = this.items.slice(this.gone);
      this.gone = 0;
    }
    return item;
  }

  /** The number of the first item after a place, counted from the first item there ever was. */
  numberAfter(seq: number): number {
    let low = this.gone;
    let high = this.items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.items[middle]!.seq <= seq) low = middle + 1;
      else high = middle;
    }
    return this.before + low;
  }

  /** The latest that fits. */
  find(fits: (item: T) => boolean): T | undefined {
    const place = this.items.findLastIndex((item) => item !== undefined && fits(item));
    return place < this.gone ? undefined : this.items[place];
  }

  /** Items by number, as many as there are. */
  slice(from: number, to: number): T[] {
    return this.items.slice(Math.max(this.gone, from - this.before), Math.max(this.gone, to - this.before));
  }
}
