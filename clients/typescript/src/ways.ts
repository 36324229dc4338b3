export const ways = ['websocket', 'sse', 'poll'] as const;
/** How a connection is made. The first is the best. */
export type Way = (typeof ways)[number];

/** A way that worked may fail a few times before another is tried; one that never did is left at once. */
const FAILURES_OF_A_GOOD_WAY = 3;

/** Which way to go, as far as experience tells. */
export class Ways {
  private open: Way[];
  private at = 0;
  private readonly worked = new Set<Way>();
  private failures = 0;

  constructor(wished: readonly Way[]) {
    this.open = ways.filter((way) => wished.includes(way));
  }

  get current(): Way | undefined {
    return this.open[this.at];
  }

  /** Those that would be better than the current one. */
  get better(): readonly Way[] {
    return this.open.slice(0, this.at);
  }

  took(way: Way): void {
    this.at = Math.max(0, this.open.indexOf(way));
    this.worked.add(way);
    this.failures = 0;
  }

  failed(way: Way): void {
    if (way !== this.current || (this.worked.has(way) && ++this.failures < FAILURES_OF_A_GOOD_WAY)) return;
    this.failures = 0;
    this.at = (this.at + 1) % this.open.length;
  }

  isNoWay(way: Way): void {
    const { current } = this;
    this.open = this.open.filter((one) => one !== way);
    this.at = current === way ? this.at % Math.max(1, this.open.length) : this.open.indexOf(current!);
  }
}
