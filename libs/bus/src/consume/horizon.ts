/** Stuck, it may stay so for days: more marks than these would tell nothing new. */
const MARKS = 1_000;

/**
 * Until when everything stored has been applied. How far that is only the server knows, for it hears every process that
 * shares the durable; it tells a sequence, and the marks tell what time that was. That time is this process's own and only
 * ever goes forward: another machine's clock, or one that is set, would make old knowledge look fresh.
 */
export class Horizon {
  private marks: { seq: number; at: number }[] = [];
  private at = Number.NEGATIVE_INFINITY;

  /** How long ago that was, in milliseconds; without an end where it never was. */
  ageMs(now = performance.now()): number {
    return now - this.at;
  }

  /** Whatever was stored until then, in `performance.now()`, has no higher sequence than this. */
  mark(seq: number, at: number): void {
    for (let last = this.marks.at(-1); last && last.seq >= seq && last.at <= at; last = this.marks.at(-1)) this.marks.pop();
    const last = this.marks.at(-1);
    if (!last || (seq > last.seq && at > last.at && this.marks.length < MARKS)) this.marks.push({ seq, at });
  }

  /** Nothing up to this sequence is waiting or unanswered any more. */
  reached(seq: number): void {
    const ahead = this.marks.findIndex((mark) => mark.seq > seq);
    const behind = this.marks.splice(0, ahead < 0 ? this.marks.length : ahead);
    this.at = Math.max(this.at, behind.at(-1)?.at ?? this.at);
  }

  /** The sequences may be another stream's from now on. */
  forgetMarks(): void {
    this.marks = [];
  }
}
